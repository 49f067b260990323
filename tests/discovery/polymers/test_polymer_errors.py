"""What is not a repeat unit is refused by name, with the text quoted, the place and a way out."""

from multiprocessing.reduction import ForkingPickler

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
    ("*CC* polymer", errors.UnparsableUnitError, "a blank or unprintable letter at character 5"),
    ("éé*C*", errors.UnparsableUnitError, "the letter 'é' at character 1"),
    ("*CC*日", errors.UnparsableUnitError, "the letter '日' at character 5"),
    ("*CC\x00*", errors.UnparsableUnitError, "unprintable letter at character 4"),
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
    ("*Co1CCC(C1)C=C*", errors.UnparsableUnitError, "atom 2 o, character 3"),
    ("*=Cs1SC=CC1=*", errors.UnparsableUnitError, "no possible chain"),
    ("*C:C*", errors.UnusualBondError, "aromatic between atom 1 C, character 2 and atom 2 C, character 4"),
    ("*C~C*", errors.UnusualBondError, "unspecified"),
    ("*CC->[Pt]C*", errors.UnusualBondError, "dative between atom 2 C"),
    ("*[Fe]Br*", errors.UnusualBondError, "dative"),
    ("*=[Br+]=*", errors.UncappableUnitError, "ends Br cannot close"),
    (
        "*=CC*",
        errors.UnequalStarBondsError,
        "double at atom 0 *, character 1, single at atom 3 *, character 5",
    ),
    (
        "*CC*.[Na+]",
        errors.DisconnectedUnitError,
        "2 separate pieces, the second from atom 4 [Na+], character 6",
    ),
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


#: What a chemist is told to do, by kind of fault; the kinds are what tables of errors count by.
HINTS = {
    "unparsable": ("*C(C*", "Correct the SMILES at that position"),
    "no attachment point": ("CCO", "Mark both ends of the repeat unit with *"),
    "one attachment point": ("*CC", "Mark the other end of the repeat unit with * too"),
    "three or more attachment points": ("*CC(*)C*", "only linear homopolymers are covered"),
    "star bonded to star": ("*CC**", "Put the atoms of the repeat unit between the two *"),
    "star in a ring": ("C1*C1*", "Bond each * to one atom of the unit, outside every ring"),
    "malformed attachment point": ("C*C*", "a plain * with one bond to the unit"),
    "unequal star bonds": ("*=CC*", "give both * the same bond order"),
    "disconnected": ("*CC*.[Na+]", "one connected repeat unit"),
    "ladder": ("*C(*)C(*)C*", "Ladder polymers, whose units are joined by two bonds, are not covered"),
    "unusual bond": ("*C~C*", "Write single, double, triple or ring-aromatic bonds"),
    "cannot be capped": ("*=[Br+]=*", "Cut the chain at a single bond"),
    "too large": ("*" + "C" * 501 + "*", "Give the repeat unit, not the whole chain"),
}


@pytest.mark.parametrize("kind", HINTS)
def test_hint_says_what_to_do_instead(kind: str) -> None:
    text, hint = HINTS[kind]
    with pytest.raises(errors.NotARepeatUnitError) as caught:
        RepeatUnit.parse(text)
    assert caught.value.kind == kind
    assert hint in caught.value.hint


def kinds_of(error: type[errors.NotARepeatUnitError]) -> list[type[errors.NotARepeatUnitError]]:
    """The error and all its children."""
    return [error, *(kind for child in error.__subclasses__() for kind in kinds_of(child))]


@pytest.mark.parametrize("kind", kinds_of(errors.NotARepeatUnitError))
@pytest.mark.parametrize("hint", ["", "Ask a chemist."])
def test_a_fault_is_handed_over_whole_by_a_process(kind: type[errors.NotARepeatUnitError], hint: str) -> None:
    fault = kind("*CC", "is no unit.", hint)
    copy = ForkingPickler.loads(ForkingPickler.dumps(fault))
    assert type(copy) is kind
    assert (copy.text, copy.message, copy.hint) == (fault.text, fault.message, fault.hint)


def test_something_that_is_not_a_text_is_refused_by_name() -> None:
    with pytest.raises(errors.UnparsableUnitError, match="nan is not a text"):
        RepeatUnit.parse(float("nan"))  # type: ignore[arg-type]  # as a table with empty cells gives it


def test_rdkit_stays_silent(capfd: pytest.CaptureFixture[str]) -> None:
    for text, _, _ in FAULTS:
        with pytest.raises(PolymerError):
            RepeatUnit.parse(text)
    assert capfd.readouterr().err == ""


#: Units with what makes trouble: stereo, multiple bonds at the cut, aromatic rings, charges, hypervalence.
UNITS = (
    "*CC(*)c1ccccc1",
    "*/C=C/CC*",
    "*=C1C=CC(=*)C=C1",
    "*c1ccc(*)[nH]1",
    "*N[C@@H](C)C(*)=O",
    "*#CC#*",
    "*CC%10CCCC%10*",
    "*=P(C)(C)N=*",
    "*NC(=O)c1cc[n+]([O-])cc1*",
    "*=C1SC=CC1=*",
)
#: Characters, and atoms in brackets that random characters would hardly ever spell.
TOKENS = (
    *"*CNOSPIcnos()[]=#/\\@12%.:~$",
    "->",
    "[*]",
    "[1*]",
    "[O+]",
    "[N+]",
    "[C-]",
    "[Br+]",
    "[H+]",
    "[2H]",
    "[Fe]",
)


@st.composite
def mutated_units(draw: st.DrawFn) -> str:
    text = list(draw(st.sampled_from(UNITS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text[at : at + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from(TOKENS), max_size=2))
    return "".join(text)


@settings(max_examples=500, deadline=None)
@given(st.one_of(mutated_units(), st.text(alphabet="*CNOcn()[]=#/\\@123.:+-HSi ~%", max_size=14)))
def test_any_text_is_a_unit_with_all_its_shapes_or_a_named_fault(text: str) -> None:
    try:
        unit = RepeatUnit.parse(text)
    except errors.NotARepeatUnitError:
        return
    assert RepeatUnit.parse(unit.psmiles).psmiles == unit.psmiles
    assert unit.capped().GetNumAtoms()
    assert unit.oligomer(2).GetNumAtoms()
    assert unit.periodic().GetNumAtoms()
