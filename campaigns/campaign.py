"""Campaign: the one class with state. A folder with a spec, a pool and a ledger; every method is one step of the loop.

campaign = Campaign.create("tg", CampaignSpec.load("campaign.toml"))
campaign.ingest("results.csv")
batch = campaign.propose(8)
campaign.rank(polymers="mine.csv")

The models are imported where they are used: opening a campaign, ingesting and asking for its status need none of them.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from campaigns.errors import CampaignError
from campaigns.ledger import Ledger
from campaigns.ledger.observations import observations_hash
from campaigns.ledger.records import Proposal, RoundRecord, proposal_id
from campaigns.spec import CampaignSpec
from campaigns.tables import read_results, write_proposals
from campaigns.units import convert
from campaigns.versions import versions
from discovery.acquisition.objectives import Objective
from discovery.polymers import Candidate, Monomer, RepeatUnit
from discovery.pools import MonomerPool, Pool, TablePool, UnitPool, read_monomers
from discovery.progress import Progress, silent
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation

if TYPE_CHECKING:
    from campaigns.ranking import Ranking
    from discovery.acquisition.round import Plan, RoundSettings
    from discovery.latent.representation import Representation

SPEC_FILE, LEDGER_FILE, REPORT_FILE, FORM_FILE = (
    "campaign.toml",
    "campaign.sqlite",
    "report.html",
    "proposals.csv",
)


@dataclass(frozen=True)
class IngestSummary:
    """What a table of results brought, or would bring.

    Args:
        accepted: Rows that were new.
        skipped_empty: Proposals of a form that were not filled in.
        already_known: Rows that the ledger held.
        by_status: Proposals that reached each status.
        polymers: Distinct polymers among the rows.
        notes: What the user should know.
    """

    accepted: int
    skipped_empty: int
    already_known: int
    by_status: dict[str, int]
    polymers: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """The polymers to make next.

    Args:
        round: Its number.
        frame: One row per proposal, best first: ``rank``, ``proposal_id``, ``psmiles``, ``monomers``, ``reaction``, ``mean``,
            ``lower``, ``upper`` (95 % bounds of the next measurement; NaN where nothing is predicted), ``reason``.
        path: The form to fill in.
        gate: One row per surrogate with its leave-one-out scores; ``None`` where nothing was compared.
        pool: Candidates seen, shortlisted, and left out by reason.
        notes: What the user should know.
    """

    round: int
    frame: pd.DataFrame
    path: Path
    gate: pd.DataFrame | None
    pool: dict[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """Where a campaign stands; ``best`` is PSMILES, value and name of the best measured polymer."""

    name: str
    objective: str
    observations: int
    best: tuple[str, float, str] | None
    rounds: int
    pending: int
    by_status: dict[str, int]
    next_step: str


class Campaign:
    """A campaign in a folder. Use :meth:`create` or :meth:`open`.

    Args:
        folder: Of the campaign.
        spec: What it is for.
        ledger: What happened.
        representation: Encoders to use; those that the spec names where not given.
    """

    def __init__(
        self,
        folder: Path,
        spec: CampaignSpec,
        ledger: Ledger,
        representation: Representation | None = None,
    ) -> None:
        self.folder = folder
        self.spec = spec
        self.ledger = ledger
        self._representation = representation

    @classmethod
    def create(cls, folder: Path | str, spec: CampaignSpec, *, base: Path | str = ".") -> Campaign:
        """Set up a campaign; the pool's table is copied into its folder.

        Args:
            folder: New or empty of campaigns; made where it is missing.
            spec: What the campaign is for.
            base: Folder that the pool's path is relative to.

        Raises:
            CampaignError: When there is a campaign already, or the folder cannot be made.
            SpecError, PoolError: When the pool is missing or faulty; nothing is written then.
        """
        folder = Path(folder)
        if (folder / LEDGER_FILE).exists() or (folder / SPEC_FILE).exists():
            raise CampaignError(
                f"{folder} holds a campaign already.",
                f"Go on with it (polyloop status {folder}), or choose another folder.",
            )
        table = spec.pool_file(Path(base))
        _check_pool(spec, table)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            copy = folder / table.name
            if not (copy.exists() and copy.samefile(table)):
                shutil.copyfile(table, copy)
            spec = spec.with_pool_file(table.name)
            part = folder / (SPEC_FILE + ".part")
            part.write_text(spec.dumps(), encoding="utf-8")
            os.replace(part, folder / SPEC_FILE)
        except OSError as error:
            raise CampaignError(
                f"{folder} cannot be written to: {error.strerror}.", "Choose a folder of your own."
            ) from error
        ledger = Ledger.create(folder / LEDGER_FILE)
        ledger.append_spec(spec.version, spec.dumps())
        return cls(folder, spec, ledger)

    @classmethod
    def open(cls, folder: Path | str) -> Campaign:
        """Open the campaign in ``folder``.

        Raises:
            CampaignError: When there is none.
            SpecError, LedgerError: When its files are faulty.
        """
        folder = Path(folder)
        missing = [name for name in (SPEC_FILE, LEDGER_FILE) if not (folder / name).is_file()]
        if missing:
            raise CampaignError(
                f"{folder} is not a campaign: it holds no {' and no '.join(missing)}.",
                f"Make one with polyloop new {folder} --objective tg:max --unit K --pool monomers.csv",
            )
        campaign = cls(folder, CampaignSpec.load(folder / SPEC_FILE), Ledger.open(folder / LEDGER_FILE))
        campaign._restore_forms()
        return campaign

    @property
    def objective(self) -> Objective:
        """What the campaign wants."""
        wanted = self.spec.objective
        return Objective(wanted.name, wanted.direction, wanted.unit)

    @cached_property
    def representation(self) -> Representation:
        """The encoders, loaded on first use."""
        from discovery.latent.representation import Representation

        if self._representation is not None:
            return self._representation
        return Representation.load(self.spec.encoders.text, self.spec.encoders.geometry)

    def ingest(self, results: Path | str | pd.DataFrame, *, dry_run: bool = False) -> IngestSummary:
        """Take measurements in: all rows of a table, or none.

        Args:
            results: CSV file or frame with polymers and a column named like the objective, or a filled-in form of proposals.
            dry_run: Check and count only.

        Raises:
            TableError: With every faulty row; nothing is taken then.
        """
        source = Path(results) if isinstance(results, str) else results
        checked = read_results(source, self.spec.objective, self.ledger.view())
        summary = self.ledger.append_results(
            checked.rows, objective=self.spec.objective, source=checked.source, dry_run=dry_run
        )
        notes = list(checked.remarks)
        if summary.replicates:
            notes.append(f"{summary.replicates} are repeats of polymers measured before; repeats are pooled.")
        if summary.same_source:
            notes.append("This very table was ingested before.")
        return IngestSummary(
            accepted=len(checked.rows) - summary.known,
            skipped_empty=checked.skipped,
            already_known=summary.known,
            by_status={str(status): n for status, n in summary.statuses.items()},
            polymers=len({row.unit for row in checked.rows}),
            notes=tuple(notes),
        )

    def propose(self, n: int | None = None, *, seed: int = 0, progress: Progress = silent) -> Batch:
        """Say which polymers to make next, and write the form to fill in.

        Args:
            n: How many; the spec's batch size by default.
            seed: Same campaign and seed, same proposals.
            progress: Told of every long step.

        Raises:
            PoolError: When nothing of the pool can be proposed.
            SurrogateError, EncodingError, WeightsError, LedgerError: From the floors below.
        """
        from campaigns.gate_record import gate_frame
        from discovery.acquisition.round import plan_round
        from discovery.latent.refinement import Refinement
        from discovery.surrogate.learning import Learned

        observations = self._observations()
        plan = plan_round(
            observations,
            self._pool(),
            self.objective,
            self.representation,
            q=self.spec.batch.size if n is None else n,
            seed=seed,
            pending=[p.unit for p in self.ledger.pending()],
            excluded=[p.unit for p in self.ledger.closed()],
            settings=self._settings,
            progress=progress,
        )
        number = self.ledger.next_round()
        proposals = _proposals(plan, number)
        record = self._record(plan, number, seed)
        if isinstance(plan.learned, Learned) and isinstance(plan.learned.refinement, Refinement):
            plan.learned.refinement.save(self._round_folder(number) / "adapter")
        self.ledger.append_spec(self.spec.version, self.spec.dumps())
        self.ledger.append_round(record, proposals)
        path = self._write_form(number, proposals)
        return Batch(
            round=number,
            frame=_proposal_frame(proposals),
            path=path,
            gate=gate_frame(record.gate),
            pool={
                "candidates": plan.pool.candidates,
                "shortlisted": plan.pool.shortlisted,
                **plan.pool.left_out,
            },
            notes=plan.notes,
        )

    def rank(
        self,
        polymers: Path | str | pd.DataFrame | None = None,
        monomers: Path | str | pd.DataFrame | None = None,
        *,
        top: int = 20,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Ranking:
        """Rank candidates of the user's own, best first.

        Args:
            polymers: CSV file or frame with a column ``psmiles`` (or ``smiles``).
            monomers: CSV file or frame with a column ``smiles``; the polymers that they make are ranked. One of the two.
            top: How many to give.
            seed: Same campaign and seed, same ranking.
            progress: Told of every long step.

        Raises:
            CampaignError: When too little is measured, or not exactly one table is given.
            PoolError: When the table cannot be read.
        """
        from campaigns.ranking import rank

        if (polymers is None) == (monomers is None):
            raise CampaignError("Give either polymers or monomers to rank.", "One table, of one kind.")
        pool = _monomer_pool(monomers) if monomers is not None else _polymer_pool(polymers)
        return rank(
            pool,
            self._observations(),
            self.objective,
            self.representation,
            top=top,
            seed=seed,
            settings=self._settings,
            progress=progress,
        )

    def status(self) -> Status:
        """Where the campaign stands and what to do next."""
        observations = self._observations()
        best = max(observations, key=lambda o: self.objective.sign * o.value, default=None)
        statuses = self.ledger.statuses()
        pending = len(self.ledger.pending())
        by_status: dict[str, int] = {}
        for status in statuses.values():
            by_status[str(status)] = by_status.get(str(status), 0) + 1
        rounds = self.ledger.rounds()
        if pending:
            form = self._round_folder(rounds[-1].number) / FORM_FILE
            step = f"Make and measure, fill in {form}, then: polyloop ingest {self.folder} {form}"
        elif len(observations) < MINIMUM_POLYMERS:
            step = (
                f"Ingest measurements (polyloop ingest {self.folder} results.csv), or let polyloop choose a first, diverse "
                f"batch: polyloop propose {self.folder}"
            )
        else:
            step = f"Ask for the next batch: polyloop propose {self.folder}"
        return Status(
            name=self.spec.name,
            objective=self.spec.objective.sentence,
            observations=len(observations),
            best=None if best is None else (best.unit.psmiles, best.value, best.name),
            rounds=len(rounds),
            pending=pending,
            by_status=by_status,
            next_step=step,
        )

    def report(self, progress: Progress = silent) -> Path:
        """Write the campaign as one HTML file and return its path."""
        from campaigns.gate_record import gate_frame, loo_frame
        from campaigns.reports.cards import Goal
        from campaigns.reports.round_report import RoundReport, write_round_report

        progress(0, 1, "writing the report")
        rounds = self.ledger.rounds()
        last = rounds[-1] if rounds else None
        proposals = self.ledger.proposals(last.number) if last else ()
        statuses = self.ledger.statuses()
        counted: dict[str, int] = {}
        for status in statuses.values():
            counted[str(status)] = counted.get(str(status), 0) + 1
        pool = dict(last.pool) if last else {}
        meta = {"spec version": self.spec.version, "date": f"{last.at:%Y-%m-%d}" if last and last.at else ""}
        if last:
            meta |= {
                "seed": str(last.seed),
                "observations": last.observations_hash,
                "adapter": last.adapter_hash or "none",
            }
            meta |= dict(last.encoder_revisions) | dict(last.versions)
        frame = _proposal_frame(proposals)
        values = {
            m.proposal_id: m.value
            for m in self.ledger.measurements(self.spec.objective.name)
            if m.proposal_id
        }
        frame["status"] = [str(statuses[p.id]) for p in proposals]
        frame["value"] = [values.get(p.id, float("nan")) for p in proposals]
        report = RoundReport(
            name=self.spec.name,
            goal=Goal.of(self.spec.objective),
            round=last.number if last else 0,
            observations=self._observation_frame(),
            proposals=frame,
            history=self._history(),
            gate=gate_frame(last.gate) if last else None,
            gate_reason=str(last.gate.get("reason", "")) if last and last.gate.get("chosen") else "",
            loo=loo_frame(last.gate) if last else None,
            screened=_whole(pool.get("candidates")),
            shortlisted=_whole(pool.get("shortlisted")) or None,
            left_out={str(k): int(v) for k, v in dict(pool.get("left_out") or {}).items()},  # type: ignore[call-overload]
            by_status=counted,
            notes=tuple(last.note.splitlines()) if last else (),
            meta={k: v for k, v in meta.items() if v},
        )
        path = write_round_report(report, self.folder / REPORT_FILE)
        progress(1, 1, "writing the report")
        return path

    @property
    def _settings(self) -> RoundSettings:
        from discovery.acquisition.round import RoundSettings

        return RoundSettings(shortlist=self.spec.budget.shortlist)

    def _observations(self) -> list[Observation]:
        return list(self.ledger.observations(self.spec.objective))

    def _pool(self) -> Pool:
        path = self.spec.pool_file(self.folder)
        return MonomerPool(read_monomers(path)) if self.spec.pool.kind == "monomers" else TablePool(path)

    def _round_folder(self, number: int) -> Path:
        return self.folder / "rounds" / f"{number:03d}"

    def _write_form(self, number: int, proposals: tuple[Proposal, ...] | list[Proposal]) -> Path:
        folder = self._round_folder(number)
        folder.mkdir(parents=True, exist_ok=True)
        write_proposals(folder / FORM_FILE, proposals, self.spec.objective)
        return folder / FORM_FILE

    def _restore_forms(self) -> None:
        """Write the forms that a round is recorded without: the program ended between the ledger and the file."""
        for record in self.ledger.rounds():
            if not (self._round_folder(record.number) / FORM_FILE).exists():
                self._write_form(record.number, self.ledger.proposals(record.number))

    def _record(self, plan: Plan, number: int, seed: int) -> RoundRecord:
        from campaigns.gate_record import gate_document
        from discovery.latent.refinement import Refinement
        from discovery.surrogate.learning import Learned

        learned = plan.learned
        adapted = isinstance(learned, Learned) and isinstance(learned.refinement, Refinement)
        return RoundRecord(
            number=number,
            seed=seed,
            spec_version=self.spec.version,
            observations_hash=observations_hash(
                self.ledger.observations(self.spec.objective), self.spec.objective
            ),
            encoder_revisions=self.representation.revisions,
            adapter_hash=learned.refinement.hash if adapted else "",  # type: ignore[union-attr]
            gate=gate_document(learned),
            versions=versions(),
            pool={
                "candidates": plan.pool.candidates,
                "shortlisted": plan.pool.shortlisted,
                "left_out": dict(plan.pool.left_out),
            },
            note="\n".join(plan.notes),
        )

    def _observation_frame(self) -> pd.DataFrame:
        references: dict[RepeatUnit, str] = {}
        for m in self.ledger.measurements(self.spec.objective.name):
            if m.reference:
                references.setdefault(m.unit, m.reference)
        rows = [
            {
                "psmiles": o.unit.psmiles,
                "value": o.value,
                "name": o.name,
                "sem": o.sem,
                "n": o.n,
                "reference": references.get(o.unit, ""),
            }
            for o in self._observations()
        ]
        return pd.DataFrame(rows, columns=["psmiles", "value", "name", "sem", "n", "reference"])

    def _history(self) -> pd.DataFrame:
        rounds = {p.id: p.round for p in self.ledger.proposals()}
        wanted = self.spec.objective
        rows = [
            (rounds.get(m.proposal_id or "", 0), convert(m.value, m.unit_of_measure, wanted.unit))
            for m in self.ledger.measurements(wanted.name)
        ]
        return pd.DataFrame(rows, columns=["round", "value"])


def _check_pool(spec: CampaignSpec, table: Path) -> None:
    """Read enough of the pool to know that it can be used; faults are told before anything is written."""
    pool: Pool = MonomerPool(read_monomers(table)) if spec.pool.kind == "monomers" else TablePool(table)
    next(pool.chunks(1), None)


def _polymer_pool(table: Path | str | pd.DataFrame | None) -> Pool:
    if isinstance(table, pd.DataFrame):
        column = next((c for c in ("psmiles", "smiles") if c in table), None)
        if column is None:
            raise CampaignError("The frame names no polymers.", "Give it a column psmiles (or smiles).")
        return UnitPool([Candidate(RepeatUnit.parse(str(text))) for text in table[column]])
    return TablePool(Path(table or ""))


def _monomer_pool(table: Path | str | pd.DataFrame) -> Pool:
    if isinstance(table, pd.DataFrame):
        if "smiles" not in table:
            raise CampaignError(
                "The frame names no monomers.", "Give it a column smiles, and name where known."
            )
        names = table["name"].fillna("") if "name" in table else [""] * len(table)
        return MonomerPool([Monomer(str(s), str(n)) for s, n in zip(table["smiles"], names, strict=True)])
    return MonomerPool(read_monomers(Path(table)))


def _proposals(plan: Plan, number: int) -> list[Proposal]:
    return [
        Proposal(
            id=proposal_id(number, position),
            round=number,
            rank=position,
            unit=p.candidate.unit,
            monomers=p.candidate.provenance.monomers if p.candidate.provenance else (),
            reaction=p.candidate.provenance.reaction if p.candidate.provenance else "",
            mean=p.prediction.mean if p.prediction else None,
            lower=p.prediction.lower if p.prediction else None,
            upper=p.prediction.upper if p.prediction else None,
            acquisition=p.acquisition,
            reason=p.reason,
        )
        for position, p in enumerate(plan.batch, 1)
    ]


def _proposal_frame(proposals: tuple[Proposal, ...] | list[Proposal]) -> pd.DataFrame:
    columns = ["rank", "proposal_id", "psmiles", "monomers", "reaction", "mean", "lower", "upper", "reason"]
    rows = [
        (p.rank, p.id, p.unit.psmiles, " + ".join(p.monomers), p.reaction, p.mean, p.lower, p.upper, p.reason)
        for p in proposals
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"mean": float, "lower": float, "upper": float})


def _whole(value: object) -> int | None:
    return None if value is None else int(str(value))
