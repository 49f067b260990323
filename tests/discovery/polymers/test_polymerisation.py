"""The stream of polymers: each chain once, what is left out and why, and the clock."""

import time
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from rdkit import Chem
from rdkit.Chem.rdChemReactions import ChemicalReaction

from discovery.polymers import Candidate, Monomer, MonomerSpace, RepeatUnit, polymerise
from discovery.polymers.polymerisation import made_segments
from discovery.polymers.reactions import RuleBook, Sites, rule_book
from discovery.polymers.symmetry import mark_symmetries


def made(*smiles: str, copolymers: bool = False) -> list[Candidate]:
    return list(polymerise([Monomer(text) for text in smiles], copolymers=copolymers))


def test_order_of_the_monomers_makes_no_difference_to_what_is_made() -> None:
    monomers = ["OCCO", "O=C(O)c1ccc(C(=O)O)cc1", "NCCCCCCN", "C=C", "OCCCO"]
    assert {c.unit for c in made(*monomers)} == {c.unit for c in made(*reversed(monomers))}


def test_unsymmetric_monomers_give_each_regular_chain() -> None:
    candidates = made("CC(O)CO", "O=C(O)CC(C)C(=O)O")
    classes = [candidate.provenance.polymer_class for candidate in candidates if candidate.provenance]
    assert classes.count("polyester") == 2


def test_names_are_used_for_provenance_where_given() -> None:
    (candidate,) = polymerise([Monomer("C=C", name="ethylene", cas="74-85-1")])
    assert candidate.provenance is not None
    assert candidate.provenance.monomers == ("ethylene",)


def test_every_chain_is_given_once() -> None:
    dropped: Counter[str] = Counter()
    monomers = [
        Monomer(s) for s in ("O=C1CCCCCN1", "NCCCCCC(=O)O", "O=C(O)CC(=O)O", "O=C(Cl)CC(=O)Cl", "OCCO")
    ]
    units = [candidate.unit for candidate in polymerise(monomers, dropped=dropped)]
    assert len(units) == len(set(units))
    assert dropped["made already by another route"] == 2


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("CCCCCC", "monomer: no rule for it"),
        ("C1CC", "monomer: unreadable SMILES"),
        ("", "monomer: unreadable SMILES"),
        ("OCC(O)CO", "monomer: three or more functional groups (network)"),
        ("NCCCCCCN.Cl", "monomer: separate pieces (a salt or a mixture)"),
        ("*CC*", "monomer: has attachment points, so it is a polymer"),
        ("C=Cc1ccc(C=C)cc1", "product: branched or a network"),
    ],
)
def test_what_gives_no_polymer_is_counted_by_reason(smiles: str, reason: str) -> None:
    dropped: Counter[str] = Counter()
    assert not list(polymerise([Monomer(smiles)], dropped=dropped))
    assert dropped == {reason: 1}


def test_a_monomer_given_twice_is_counted() -> None:
    dropped: Counter[str] = Counter()
    assert len(list(polymerise([Monomer("C=C"), Monomer("[CH2]=[CH2]")], dropped=dropped))) == 1
    assert dropped == {"monomer: given twice": 1}


def test_a_diene_that_the_rules_cannot_turn_is_counted_and_the_others_are_made() -> None:
    dropped: Counter[str] = Counter()
    units = [c.unit for c in polymerise([Monomer("C=CCC(=C)C=C"), Monomer("C=CC(C)=C")], dropped=dropped)]
    assert RepeatUnit.parse("*CC=C(C)C*") in units
    assert dropped["product: the diene has no 1,4-adduct"] == 1


@pytest.mark.parametrize(
    "pair",
    [
        ("O=C(O)c1ccc(C(=O)O)cc1", "OCCO"),
        ("O=C(O)CC(C)C(=O)O", "CC(O)CO"),
        ("O=C(O)c1ccc(C(=O)O)c2[nH]cnc12", "NCCCCCCN"),
        ("O=C1OC(=O)C2C1C1C(=O)OC(=O)C21", "Nc1ccc(N)cc1"),
        ("O=C=NCCCCCCN=C=O", "O[C@H]1CC[C@@H](O)CC1"),
    ],
)
def test_leaving_out_symmetric_matches_leaves_out_no_product(pair: tuple[str, str]) -> None:
    plain = [Chem.MolFromSmiles(text) for text in pair]
    marked = [Chem.MolFromSmiles(text) for text in pair]
    for mol in marked:
        mark_symmetries(mol)
    tried = 0
    for reaction in rule_book().reactions:
        if reaction.second is not None:
            every = [Chem.MolToSmiles(mols[0]) for mols in reaction.reaction.RunReactants(plain)]
            fewer = [Chem.MolToSmiles(mols[0]) for mols in reaction.reaction.RunReactants(marked)]
            assert set(every) == set(fewer)
            assert len(fewer) <= len(every)
            tried += bool(every)
    assert tried


def test_it_streams() -> None:
    diols = [Monomer(f"O{'C' * n}O") for n in range(2, 40)]
    diacids = [Monomer(f"O=C(O){'C' * n}C(=O)O") for n in range(1, 40)]
    dropped: Counter[str] = Counter()
    assert len(list(islice(polymerise([*diols, *diacids], dropped=dropped), 3))) == 3


def test_rdkit_stays_silent(capfd: pytest.CaptureFixture[str]) -> None:
    made("C1CC", "C=Cc1ccccc1", "OCCO", "O=C1OC(=O)c2cc3c(cc12)C(=O)OC3=O", "Nc1ccc(N)cc1")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("copolymers", [False, True])
def test_short_cuts_change_nothing(copolymers: bool) -> None:
    """Against the rules run to the end on every hit: no look at symmetries, at joined atoms or at leftover groups."""
    monomers = [Monomer(text) for text in UNSYMMETRIC]
    dropped: Counter[str] = Counter()
    dropped_in_full: Counter[str] = Counter()
    short = polymerise(monomers, copolymers=copolymers, dropped=dropped)
    full = polymerise(monomers, copolymers=copolymers, dropped=dropped_in_full, rules=_in_full)
    assert list(short) == list(full)
    assert dropped == dropped_in_full
    assert dropped["product: branched or a network"] > 5


def test_progress_is_told_in_pairs() -> None:
    told: list[tuple[int, int | None]] = []
    monomers = [Monomer(text) for text in ("OCCO", "O=C(O)CC(=O)O", "C=C")]
    list(polymerise(monomers, progress=lambda done, total, what: told.append((done, total))))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_ways_beyond_those_tried_are_counted() -> None:
    dropped: Counter[str] = Counter()
    list(polymerise([Monomer("C=C" * 40), Monomer("C=CC")], copolymers=True, dropped=dropped))
    assert dropped["product: more ways than are tried"] == 1


def test_segments_passed_over_are_not_made_again() -> None:
    space = MonomerSpace([Monomer(text) for text in UNSYMMETRIC])
    every = list(made_segments(space))
    told: list[tuple[int, int | None]] = []
    rest = made_segments(space, start=3, progress=lambda done, total, what: told.append((done, total)))
    assert list(rest) == every[3:]
    assert len(told) == len(every) - 3
    assert told[-1] == (space.size, space.size)


def test_a_pair_over_the_time_limit_is_dropped_and_counted() -> None:
    dropped: Counter[str] = Counter()
    monomers = [Monomer("C=C"), Monomer("C=CCl")]
    made = list(polymerise(monomers, dropped=dropped, time_limit=0.1, rules=_slow_on_chlorine))
    assert [candidate.unit.psmiles for candidate in made] == ["*C*"]
    assert dropped == {"product: took longer than 0.1 s": 1}


@pytest.mark.parametrize(("workers", "time_limit"), [(0, 20.0), (1, 0.0)])
def test_impossible_settings_are_refused(workers: int, time_limit: float) -> None:
    with pytest.raises(ValueError, match="not 0"):
        list(polymerise([Monomer("C=C")], workers=workers, time_limit=time_limit))


UNSYMMETRIC = [
    *("C=CC", "FC=CCl", "C/C=C/C(=O)OC", "C=C[C@H](C)CC", "C1=CC2CCC1C2", "CC1=CCCC1"),
    *("CC1CO1", "O=C1CC(C)C(=O)O1", "CC(O)CO", "Oc1ccc(O)c(C)c1", "OC[C@H](F)CO", "C[C@@H](O)CC(=O)O"),
    *("O=C(O)CC(C)C(=O)O", "O=C(O)c1ccc(C(=O)Cl)cc1", "NCC(C)CCN", "Nc1ccc(CN)cc1", "NCC(C)C(=O)O"),
    *("O=C=NCC(C)N=C=O", "O=C1OC(=O)c2cc3c(cc12)C(=O)OC3=O", "O=C1CC(C2CC(=O)OC2=O)C(=O)O1"),
    *("C1OC1CC(C)CC1CO1", "C1CC2OC2CC1C1CC2OC2CC1", "O=S(=O)(c1ccc(Cl)c(C)c1)c1ccc(F)cc1", "OCCS"),
    *("O=C(c1ccc(F)c(C)c1)c1ccc(F)cc1", "NCCNC", "OC1CCC(CO)CC1"),
    *("OCC(C)(CO)C(=O)O", "Nc1cc(N)cc(O)c1", "O=C1OC(=O)c2cc(O)ccc12", "C=CCC(O)CO", "O=C(O)CC(C=C)C(=O)Cl"),
]


def _in_full() -> RuleBook:
    """The rules without what is known of their products, and without RDKit's check of symmetry."""
    plain = []
    for each in rule_book().reactions:
        rule = ChemicalReaction(each.reaction.ToBinary())
        rule.Initialize()
        plain.append(replace(each, reaction=rule, sites=Sites(((),) * rule.GetNumReactantTemplates(), ())))
    return replace(rule_book(), reactions=tuple(plain))


class _SlowOnChlorine:
    """A rule that takes long for some monomers."""

    def __init__(self, rule: ChemicalReaction) -> None:
        self._rule = rule

    def RunReactants(self, mols: list[Chem.Mol], most: int) -> object:  # noqa: N802
        if "Cl" in Chem.MolToSmiles(mols[0]):
            time.sleep(0.2)
        return self._rule.RunReactants(mols, most)


def _slow_on_chlorine() -> RuleBook:
    book = rule_book()
    return replace(
        book,
        reactions=tuple(replace(each, reaction=_SlowOnChlorine(each.reaction)) for each in book.reactions),
    )
