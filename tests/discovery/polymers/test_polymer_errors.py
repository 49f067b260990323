"""What is not a repeat unit is refused by name, with the text quoted, the place and a way out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.errors import PolymerError
from discovery.polymers import RepeatUnit, errors

FAULTS = [
    ("", errors.UnparsableUnitError, "empty"),
    ("*C(C*", errors.UnparsableUnitError, "near character 3"),
    ("*CCX*", errors.UnparsableUnitError, "near character 4"),
    ("*CC1*", errors.UnparsableUnitError, "unclosed ring"),
    ("*CC* polymer", errors.UnparsableUnitError, "near character 5"),
    ("{[][$]CC[$][]}", errors.UnparsableUnitError, "near character 1"),
    ("*CC(C)(C)(C)C*", errors.UnparsableUnitError, "atom 2 C, character 3"),
    ("*c1ccc(*)c1", errors.UnparsableUnitError, "kekulize"),
    ("CCO", errors.NoAttachmentPointError, "no attachment point"),
    ("*CC", errors.OneAttachmentPointError, "atom 0 *, character 1"),
    ("*CC(*)C*", errors.TooManyAttachmentPointsError, "character 8"),
    ("*C(*)C(*)C*", errors.LadderPolymerError, "ladder"),
    ("**", errors.StarBondedToStarError, "character 1"),
    ("*CC**", errors.StarBondedToStarError, "bonded to another"),
    ("C1*C1*", errors.StarInRingError, "atom 1 *, character 3"),
    ("C*C*", errors.MalformedAttachmentPointError, "2 neighbours"),
    ("[*-]CC*", errors.MalformedAttachmentPointError, "charge"),
    ("*:c1ccccc1*", errors.MalformedAttachmentPointError, "aromatic"),
    ("*=CC*", errors.UnequalStarBondsError, "double and single"),
    ("*CC*.[Na+]", errors.DisconnectedUnitError, "2 separate pieces"),
    ("*CC*.*CO*", errors.DisconnectedUnitError, "2 separate pieces"),
    ("*" + "C" * 501 + "*", errors.TooLargeUnitError, "501 heavy atoms"),
    ("*" + "C" * 10_000 + "*", errors.TooLargeUnitError, "10,002 characters"),
]


@pytest.mark.parametrize(("text", "kind", "said"), FAULTS, ids=[f"{f[1].kind}: {f[0][:20]}" for f in FAULTS])
def test_fault_is_named(text: str, kind: type[errors.NotARepeatUnitError], said: str) -> None:
    with pytest.raises(PolymerError) as caught:
        RepeatUnit.parse(text)
    assert type(caught.value) is kind
    assert said in caught.value.message
    assert repr(text)[:100] in caught.value.message
    assert caught.value.hint


def test_something_that_is_not_a_text_is_refused_by_name() -> None:
    with pytest.raises(errors.UnparsableUnitError, match="nan is not a text"):
        RepeatUnit.parse(float("nan"))  # type: ignore[arg-type]  # as a table with empty cells gives it


def test_rdkit_stays_silent(capfd: pytest.CaptureFixture[str]) -> None:
    for text, _, _ in FAULTS:
        with pytest.raises(PolymerError):
            RepeatUnit.parse(text)
    assert capfd.readouterr().err == ""


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="*CNOcn()[]=#/\\@123.:+-HSi ", max_size=14))
def test_any_text_is_a_unit_or_a_named_fault(text: str) -> None:
    try:
        unit = RepeatUnit.parse(text)
    except errors.NotARepeatUnitError:
        return
    assert RepeatUnit.parse(unit.psmiles) == unit
