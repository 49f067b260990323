"""A tokenizer that reads PSMILES symbol by symbol and can spell any other ASCII text letter by letter.

Built with the ``tokenizers`` library, so a checkpoint's ``tokenizer.json`` is all that transformers needs to load it.
"""

from __future__ import annotations

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

PAD, BEGIN, END, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"

SYMBOLS = ("Cl", "Br", "Si", "Se", "@@", "[nH]", "[Si]", *(f"%{k:02d}" for k in range(10, 100)))
"""Symbols of more than one letter; everything else is one token for each character."""


def build_tokenizer() -> PreTrainedTokenizerFast:
    """A fresh tokenizer: about 200 tokens, a begin token in front of every text, padding on the right."""
    characters = [chr(code) for code in range(32, 127)] + ["\n", "\t"]
    vocabulary = {
        token: index for index, token in enumerate([PAD, BEGIN, END, UNKNOWN, *characters, *SYMBOLS])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    # longest symbols first; [nH] and [Si] are by far the most frequent brackets, the others are spelled
    pattern = r"\[nH\]|\[Si\]|Cl|Br|Si|Se|@@|%[1-9]\d|[\s\S]"
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, vocabulary[BEGIN])]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        unk_token=UNKNOWN,
        padding_side="right",
        clean_up_tokenization_spaces=False,
    )
