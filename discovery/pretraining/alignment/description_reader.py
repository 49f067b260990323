"""A small reader of descriptions: a Llama of few layers over words and digits, trained with the alignment and used nowhere else.

It reads a handful of sentences of a description at a time, drawn and ordered anew at every step, so that no single number is
always there to know a polymer by.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaModel, PreTrainedTokenizerFast

PAD, UNKNOWN = "<pad>", "<unk>"

READ_TOKENS = 96
"""Tokens that are read of a description, in whole sentences: some twelve numbers."""

_SYMBOLS = r"[^\W\d_]+|\d|[^\w\s]|_"
"""Words, single digits, single signs: a number is spelled, so 385 is near 386 and no number is unknown."""

_MOST_WORDS = 4096
_SENTENCES = re.compile(r"(?<=[.!?])\s+")


def build_reader_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of the words that occur in ``texts`` twice or more, and of digits and signs."""
    counts = Counter(word for text in texts for word in re.findall(_SYMBOLS, text.lower()))
    frequent = [w for w, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n > 1]
    words = [*"0123456789", *(w for w in frequent if not w.isdigit())]
    vocabulary = {word: i for i, word in enumerate([PAD, UNKNOWN, *words[:_MOST_WORDS]])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Lowercase()
    # whitespace stands between the matches and is no match: it goes
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(_SYMBOLS), behavior="isolated")]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        tokenizer_object=tokenizer, pad_token=PAD, unk_token=UNKNOWN, padding_side="right"
    )


class Excerpts:
    """Descriptions as tokens of their sentences, from which excerpts are drawn.

    Args:
        texts: Of each polymer by its position: one description or more.
        tokenizer: Reads them.
    """

    def __init__(self, texts: Mapping[int, Sequence[str]], tokenizer: PreTrainedTokenizerFast) -> None:
        flat = [(i, k, s) for i, ts in texts.items() for k, t in enumerate(ts) for s in _SENTENCES.split(t)]
        ids = tokenizer([s for _, _, s in flat], add_special_tokens=False)["input_ids"] if flat else []
        self._sentences: dict[int, dict[int, list[list[int]]]] = {}
        for (i, k, _), sentence in zip(flat, ids, strict=True):
            self._sentences.setdefault(i, {}).setdefault(k, []).append(sentence[:READ_TOKENS])

    def __contains__(self, position: int) -> bool:
        return position in self._sentences

    def draw(self, positions: Sequence[int], seed: str) -> tuple[Tensor, Tensor]:
        """Tokens and mask, each ``n x t``, of an excerpt of a description of each polymer."""
        rng = random.Random(seed)
        rows = []
        for position in positions:
            phrasings = self._sentences[position]
            sentences = phrasings[rng.choice(sorted(phrasings))]
            row: list[int] = []
            for sentence in rng.sample(sentences, len(sentences)):
                if len(row) + len(sentence) <= READ_TOKENS:
                    row += sentence
            rows.append(row)
        length = max((len(row) for row in rows), default=1) or 1
        tokens, mask = (np.zeros((len(rows), length), dtype=np.int64) for _ in range(2))
        for place, row in enumerate(rows):
            tokens[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return torch.from_numpy(tokens), torch.from_numpy(mask)


class DescriptionReader(nn.Module):
    """Tokens of an excerpt to one vector: the mean of the last hidden states.

    Args:
        words: Tokens of the tokenizer.
        width: Length of a hidden state.
        layers: Blocks.
    """

    def __init__(self, words: int, width: int, layers: int) -> None:
        super().__init__()
        self.llama = LlamaModel(
            LlamaConfig(
                vocab_size=words,
                hidden_size=width,
                intermediate_size=2 * width,
                num_hidden_layers=layers,
                num_attention_heads=4,
                num_key_value_heads=4,
                max_position_embeddings=READ_TOKENS,
                pad_token_id=0,
                use_cache=False,
            )
        )

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """``n x t`` and ``n x t`` to ``n x width``."""
        hidden = self.llama(input_ids=tokens, attention_mask=mask).last_hidden_state
        weight = mask.to(hidden.dtype).unsqueeze(-1)
        pooled: Tensor = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1)
        return pooled
