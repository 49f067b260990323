"""Tokenizers that read PSMILES and can spell any other ASCII text letter by letter: symbol by symbol, or by byte pairs.

Built with the ``tokenizers`` library, so a checkpoint's ``tokenizer.json`` is all that transformers needs to load it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from discovery.errors import EncodingError

PAD, BEGIN, END, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"
_SPECIALS = [PAD, BEGIN, END, UNKNOWN]

_LETTERS = ("[nH]", "[Si]", "Cl", "Br", "Si", "Se", "@@")
"""Longest first; [nH] and [Si] are by far the most frequent brackets, the others are spelled."""

SYMBOLS = (*_LETTERS, *(f"%{k:02d}" for k in range(10, 100)))
"""Symbols of more than one letter; everything else is one token for each character."""

_CHARACTERS = [*(chr(code) for code in range(32, 127)), "\n", "\t"]

WHOLE = (*_LETTERS, *(f"%{k:02d}" for k in range(10, 30)))
"""Symbols that byte pairs never split: no chain that people make has more than a few rings open at a time, so labels from 30 on
need no token."""

SMALLEST = len(_SPECIALS) + len(_CHARACTERS) + len(WHOLE)
"""Tokens of a byte-pair vocabulary without a single pair."""

# Characters of Unicode's private use area stand for the symbols inside the tokenizer, so that no pair can hold half of one.
_STANDS_FOR = {symbol: chr(0xE000 + place) for place, symbol in enumerate(WHOLE)}


def build_tokenizer() -> PreTrainedTokenizerFast:
    """A fresh tokenizer: about 200 tokens, a begin token in front of every text, padding on the right."""
    vocabulary = {token: index for index, token in enumerate([*_SPECIALS, *_CHARACTERS, *SYMBOLS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    pattern = r"\[nH\]|\[Si\]|Cl|Br|Si|Se|@@|%[1-9]\d|[\s\S]"
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    return _finished(tokenizer)


def train_tokenizer(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """A byte-pair tokenizer (Sennrich et al., ACL 2016) whose pairs are those most frequent in ``texts``.

    Symbols of several letters stay whole, and ``*`` is a token of its own always. The same texts give the same tokenizer.

    Args:
        texts: PSMILES in the writings that are to be read.
        size: Tokens in all; fewer where the texts have fewer pairs.

    Raises:
        EncodingError: When ``size`` has no room for the characters.
    """
    if size < SMALLEST:
        raise EncodingError(
            f"A vocabulary of {size} tokens has no room for all characters.", f"Ask for {SMALLEST} or more."
        )
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(symbol, character) for symbol, character in _STANDS_FOR.items()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\*|\s"), behavior="isolated")
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Fuse(),
            *(decoders.Replace(character, symbol) for symbol, character in _STANDS_FOR.items()),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=_SPECIALS,
        initial_alphabet=[*_CHARACTERS, *_STANDS_FOR.values()],
        limit_alphabet=SMALLEST - len(_SPECIALS),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _finished(tokenizer)


def _finished(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
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
