"""BayBE as a rival: a process of its own that is told polymers as molecules and the values measured so far, nothing else.

BayBE encodes molecules. A polymer is written as its repeat unit, capped by the atoms that the chain would put there
(poly(ethylene oxide) is COCCO); where two polymers give the same molecule, the later one in the order of keys is written as its
dimer, or trimer, since BayBE wants every substance once.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rdkit import Chem

from campaigns.backtesting.oracle import Question
from campaigns.backtesting.rivals import Choice
from discovery.errors import DiscoveryError
from discovery.polymers import RepeatUnit

ENCODINGS = {"baybe": "MORDRED", "baybe-ecfp": "ECFP"}
"""BayBE's own default for substances, and the fingerprint that its documentation names as popular."""

LONGEST = 6
"""Repeat units of the longest oligomer that is tried to tell two polymers apart."""


class PeerError(DiscoveryError):
    """A peer that cannot be run."""


def molecules(units: Sequence[RepeatUnit]) -> dict[str, str]:
    """A SMILES for each polymer by its key, no two alike.

    Raises:
        PeerError: Two polymers have the same oligomers.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for unit in sorted(units, key=lambda unit: unit.key):
        for length in range(1, LONGEST + 1):
            # as written and read again: what BayBE will compare
            smiles = Chem.CanonSmiles(Chem.MolToSmiles(unit.oligomer(length)))
            if smiles not in taken:
                break
        else:
            raise PeerError(
                f"{unit.psmiles} has the oligomers of another polymer.", "Leave the table out for BayBE."
            )
        taken.add(smiles)
        found[unit.key] = smiles
    return found


class BayBE:
    """A running process that knows a table's polymers, for any number of replays.

    Args:
        python: An interpreter with `baybe[chem]`.
        units: The table's polymers.
        encoding: Of substances, as BayBE names it.
        minimise: Whether less is better.

    Raises:
        PeerError: BayBE cannot be started there.
    """

    def __init__(self, python: Path, units: Sequence[RepeatUnit], encoding: str, minimise: bool) -> None:
        self.units = {unit.key: unit for unit in units}
        worker = Path(__file__).with_name("peers_baybe_worker.py")
        self.process = subprocess.Popen(
            [str(python), str(worker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ask({"open": molecules(units), "encoding": encoding, "minimise": minimise})

    def ask(self, request: dict[str, object]) -> dict[str, object]:
        """One request and its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PeerError(
                f"BayBE's process ended with code {self.close()}; what it said is above.",
                "Install the extra `peers` into an environment of its own, and give its interpreter: --baybe-python "
                "FOLDER/bin/python. Or leave BayBE out by --rivals.",
            )
        answer: dict[str, object] = json.loads(line)
        return answer

    def propose(self, question: Question) -> Choice:
        measured = [(o.unit.key, o.value) for o in question.measured]
        answer = self.ask({"measured": measured, "batch": question.batch, "seed": question.seed})
        keys = answer["keys"]
        assert isinstance(keys, list)
        return Choice(tuple(self.units[key] for key in keys))

    def close(self) -> int:
        """End the process; gives its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=60)
