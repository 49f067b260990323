"""What a row is about: the repeat unit or the molecule that its text stands for, or why it stands for none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from rdkit import Chem, rdBase

from discovery.polymers import NotARepeatUnitError, RepeatUnit

EMPTY = "empty cell"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a text stands for."""

    canonical: str
    key: bytes
    """16 bytes; the same for every writing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text stands for nothing that can be used."""

    kind: str
    """To count by."""
    message: str
    """A sentence that quotes the text and says where in it."""
    hint: str
    """What to do, the same for every fault of the kind."""


Identify: TypeAlias = Callable[[str], "Identity | Fault"]


def repeat_unit(text: str) -> Identity | Fault:
    """The chain that a PSMILES draws."""
    if not text:
        return Fault(EMPTY, "no polymer is written here.", "Write its repeat unit, or take the row out.")
    try:
        unit = RepeatUnit.parse(text)
    except NotARepeatUnitError as error:
        return Fault(error.kind, error.message, error.hint)
    return Identity(unit.psmiles, bytes.fromhex(unit.key))


def molecule(text: str) -> Identity | Fault:
    """The molecule that a SMILES draws; known by its canonical SMILES."""
    if not text:
        return Fault(EMPTY, "no molecule is written here.", "Write its SMILES, or take the row out.")
    with rdBase.BlockLogs():  # what RDKit says is said in the fault
        mol = Chem.MolFromSmiles(text)
        if mol is None:
            return Fault("unreadable SMILES", _complaint(text), "Correct the SMILES at that position.")
        if any(not atom.GetAtomicNum() for atom in mol.GetAtoms()):
            return Fault(
                "attachment points",
                f"{text!r} has attachment points (*), so it is no molecule.",
                "Give the monomer, or put polymers into a table of their own.",
            )
        canonical = str(Chem.MolToSmiles(mol))
    return Identity(canonical, blake2b(canonical.encode(), digest_size=16).digest())


def _complaint(text: str) -> str:
    raw = Chem.MolFromSmiles(text, sanitize=False)
    problems = [] if raw is None else list(Chem.DetectChemistryProblems(raw))
    if problems:
        return f"{text!r} is not a possible structure: {' '.join(problems[0].Message().split()).rstrip('.')}."
    try:
        RepeatUnit.parse(text)  # says at which character the reading stops
    except NotARepeatUnitError as error:
        return error.message
    return f"{text!r} cannot be read as SMILES."
