from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.reports.wording import (
    as_of_round,
    counted,
    interval,
    models_in_words,
    number,
    prediction,
    printable,
    reasons_in_words,
    with_error,
)

finite = st.floats(-1e9, 1e9, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (412.3, 61.2, "412 ± 61"),
        (412.34, 1.26, "412.3 ± 1.3"),
        (-0.1912, 0.0612, "−0.191 ± 0.061"),
        (412.0, None, "412"),
        (412.0, math.nan, "412"),
        (math.nan, 3.0, "–"),
        (1234.0, 250.0, "1234 ± 250"),
    ],
)
def test_a_value_is_rounded_to_its_error(value: float, error: float | None, expected: str) -> None:
    assert with_error(value, error) == expected


def test_a_lopsided_interval_is_written_out() -> None:
    assert prediction(412, 300, 470) == "412 (300 to 470)"


def test_an_interval_over_decades_keeps_its_lower_end() -> None:
    assert prediction(2.0, 0.1, 40.0) == "2.0 (0.10 to 40)"
    assert prediction(1200, 30, 48000) == "1200 (30 to 48000)"


def test_a_symmetric_interval_is_half_its_width() -> None:
    assert prediction(412, 352, 472) == "412 ± 60"


def test_no_prediction_is_a_dash() -> None:
    assert prediction(math.nan, math.nan, math.nan) == "–"


def test_an_interval_of_no_width_is_no_error() -> None:
    assert interval(300, 300) == "300 to 300"


def test_counting_one() -> None:
    assert (counted(1, "polymer"), counted(12345, "polymer")) == ("1 polymer", "12,345 polymers")


def test_control_characters_cannot_reach_the_terminal() -> None:
    assert "\x1b" not in printable("\x1b[31mred\x07")


@given(value=finite)
def test_a_number_keeps_three_figures(value: float) -> None:
    shown = float(number(value).replace("−", "-"))
    assert shown == pytest.approx(value, rel=5.1e-3)


@given(mean=finite, below=st.floats(0, 1e6), above=st.floats(0, 1e6))
def test_every_prediction_can_be_written(mean: float, below: float, above: float) -> None:
    assert prediction(mean, mean - below, mean + above)


def test_what_a_round_said_has_its_number_and_is_asked_for_again_once_results_came_in() -> None:
    assert as_of_round("Go on.", 3, newer=False) == "As of round 3: Go on."
    assert as_of_round("Go on.", 3, newer=True).endswith("propose again for advice on them.")
    assert as_of_round("", 3, newer=True) == ""


def test_a_reason_that_does_not_hold_for_all_is_told_with_whom_it_holds_for() -> None:
    assert reasons_in_words({"both": "worse", "encoder": "worse"}) == "worse"
    assert reasons_in_words({"both": "worse"}, among=("both", "projection")) == "both: worse"
    assert reasons_in_words({"both": "worse", "encoder": "few"}) == "both: worse; encoder: few"


def test_the_model_in_use_is_told_for_each_property() -> None:
    assert models_in_words({"tg": "latent"}) == "Predicted by the model on the frozen latent."
    assert models_in_words({"tg": "projection + physics", "density": ""}) == (
        "Predicted by models on: tg: the latent refined at depth projection, with physics estimates as its mean."
    )
    assert models_in_words({"tg": ""}) == ""
