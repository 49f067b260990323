"""The tokenizer: symbols of PSMILES as one token, everything else letter by letter, nothing lost."""

from __future__ import annotations

import shutil
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from discovery.encoders.tokenizer import (
    BEGIN,
    END,
    PAD,
    SMALLEST,
    SYMBOLS,
    UNKNOWN,
    WHOLE,
    build_tokenizer,
    train_tokenizer,
)
from discovery.errors import EncodingError

TOKENIZER = build_tokenizer()
TEXTS = [f"*CC(*)c1ccc(C(=O)O{'C' * n}Cl)cc1" for n in range(20)] + [
    "*[Si](C)(C)O*",
    "*c1ccc([nH]2)cc1Br",
] * 4
PAIRS = train_tokenizer(TEXTS, SMALLEST + 40)
PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " \n\t"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*PRINTABLE, *SYMBOLS, "%05", "[nH", "[Si", "c1ccc("])).map("".join))
@pytest.mark.parametrize("tokenizer", [TOKENIZER, PAIRS], ids=["symbols", "pairs"])
def test_any_printable_text_comes_back_as_it_was(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    for special in (BEGIN, END, PAD, UNKNOWN):  # their own spelling is theirs
        text = text.replace(special, "")
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_symbol_of_several_letters_is_one_token(symbol: str) -> None:
    assert TOKENIZER.tokenize(f"*C{symbol}C*") == ["*", "C", symbol, "C", "*"]


def test_a_unit_is_read_symbol_by_symbol_after_one_begin_token() -> None:
    ids = TOKENIZER("*[C@@H](Cl)c1c[nH]c%12Br*")["input_ids"]
    tokens = TOKENIZER.convert_ids_to_tokens(ids)
    assert tokens[0] == BEGIN
    assert " ".join(tokens[1:]) == "* [ C @@ H ] ( Cl ) c 1 c [nH] c %12 Br *"


def test_what_is_not_ascii_is_unknown_rather_than_dropped() -> None:
    assert TOKENIZER.tokenize("Cé") == ["C", UNKNOWN]


def test_padding_is_on_the_right_and_masked() -> None:
    batch = TOKENIZER(["*CC*", "*C*"], padding=True)
    assert batch["input_ids"][1][-1] == TOKENIZER.pad_token_id
    assert batch["attention_mask"] == [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]


def test_frequent_pairs_are_one_token_and_texts_shorter() -> None:
    text = TEXTS[5]
    assert len(PAIRS(text)["input_ids"]) < 0.6 * len(TOKENIZER(text)["input_ids"])
    assert len(PAIRS) <= SMALLEST + 40


def test_no_pair_holds_a_star_or_half_a_symbol() -> None:
    tokens = [PAIRS.decode([i]) for i in range(4, len(PAIRS))]
    assert [token for token in tokens if "*" in token] == ["*"]
    for symbol in WHOLE:
        first, second = PAIRS.decode(PAIRS(f"C{symbol}")["input_ids"][1:]), PAIRS.tokenize(f"C{symbol}C")
        assert first == f"C{symbol}"
        assert len(second) <= 3
    assert not any(token.startswith("l") and len(token) > 1 for token in tokens)


def test_the_same_texts_give_the_same_pairs() -> None:
    again = train_tokenizer(TEXTS, SMALLEST + 40)
    assert again.backend_tokenizer.to_str() == PAIRS.backend_tokenizer.to_str()


def test_a_vocabulary_without_room_for_the_characters_is_refused() -> None:
    with pytest.raises(EncodingError, match="no room"):
        train_tokenizer(TEXTS, SMALLEST - 1)


@pytest.mark.parametrize("written", [TOKENIZER, PAIRS], ids=["symbols", "pairs"])
def test_a_saved_tokenizer_reads_as_before(
    written: PreTrainedTokenizerFast, tmp_path: Path, tiny_text_folder: Path
) -> None:
    text = "*c1c[nH]c(Cl)c1[Si](Br)%11 a letter <x>"
    # beside a Llama's config.json, transformers might build a tokenizer of Meta's own kind instead
    beside = tmp_path / "beside"
    shutil.copytree(tiny_text_folder, beside)
    for folder in (tmp_path, beside):
        written.save_pretrained(folder)
        loaded = AutoTokenizer.from_pretrained(folder)
        assert loaded(text)["input_ids"] == written(text)["input_ids"]
        assert loaded.decode(loaded(text)["input_ids"], skip_special_tokens=True) == text
        assert (loaded.pad_token, loaded.bos_token, loaded.eos_token) == (PAD, BEGIN, END)
