"""The tokenizer: symbols of PSMILES as one token, everything else letter by letter, nothing lost."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from discovery.encoders.tokenizer import BEGIN, END, PAD, SYMBOLS, UNKNOWN, build_tokenizer

TOKENIZER = build_tokenizer()
PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " \n\t"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*PRINTABLE, *SYMBOLS, "%05", "[nH", "[Si"])).map("".join))
def test_any_printable_text_comes_back_as_it_was(text: str) -> None:
    for special in (BEGIN, END, PAD, UNKNOWN):  # their own spelling is theirs
        text = text.replace(special, "")
    ids = TOKENIZER(text)["input_ids"]
    assert TOKENIZER.unk_token_id not in ids
    assert TOKENIZER.decode(ids, skip_special_tokens=True) == text


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


def test_a_saved_tokenizer_reads_as_before(tmp_path: Path, tiny_text_folder: Path) -> None:
    TOKENIZER.save_pretrained(tmp_path)
    text = "*c1c[nH]c(Cl)c1[Si](Br)%11 a letter <x>"
    # beside a Llama's config.json, transformers might build a tokenizer of Meta's own kind instead
    for folder in (tmp_path, tiny_text_folder):
        loaded = AutoTokenizer.from_pretrained(folder)
        assert loaded(text)["input_ids"] == TOKENIZER(text)["input_ids"]
        assert (loaded.pad_token, loaded.bos_token, loaded.eos_token) == (PAD, BEGIN, END)
