"""Campaign: the one class with state. A folder with a spec, a pool and a ledger; every method is one step of the loop.

campaign = Campaign.create("tg", CampaignSpec.load("campaign.toml"))
campaign.ingest("results.csv")
batch = campaign.propose(8)
campaign.rank(polymers="mine.csv")

The models are imported where they are used: opening a campaign, ingesting and asking for its status need none of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from campaigns.adapter_card import AdapterCard
from campaigns.candidates.pool import CampaignPool, campaign_pool, candidates_of, monomers_from, polymer_pool
from campaigns.correcting.taking_back import Changed, Excluded, exclude, retract, withdraw
from campaigns.correcting.values import Correction, Right, correct
from campaigns.encoders import representation_of
from campaigns.errors import CampaignError, NotWrittenError
from campaigns.folder import (
    REPORT_FILE,
    check_same_objectives,
    check_writable,
    load_spec,
    make_campaign,
    open_ledger,
)
from campaigns.forms import Forms
from campaigns.ingesting.ingest import ingest
from campaigns.ledger import Ledger
from campaigns.ledger.appending import as_written
from campaigns.limits import MAXIMUM_BATCH
from campaigns.outcomes import Batch, CampaignStatus, IngestSummary
from campaigns.physics import estimates_of, with_estimates
from campaigns.pool_writing import write_pool
from campaigns.spec import CampaignSpec, PoolSpec
from campaigns.standing import standing_of
from campaigns.tables import HowToRead
from discovery.acquisition.objectives import Goal
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from campaigns.candidates.matching import Matching
    from campaigns.correcting.history import History
    from campaigns.exchanging.export import ExportSummary
    from campaigns.ranking.rank import Ranking
    from campaigns.replaying.outcome import Replay
    from campaigns.replaying.shifts import RankingDiff
    from campaigns.reports.cards import Card
    from campaigns.rounds.adapters import Beginning
    from discovery.acquisition.plan import Modelling
    from discovery.latent.representation import Representation


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

        What an interrupted call left in the folder is taken up.

        Args:
            folder: New, or without a campaign; made where it is missing.
            spec: What the campaign is for.
            base: Folder that the pool's path is relative to.

        Raises:
            CampaignError: When there is a campaign already, another file has the pool's name, or the folder cannot be made.
            SpecError, PoolError: When the pool is missing or faulty; nothing is written then.
        """
        folder = Path(folder)
        spec = make_campaign(folder, spec, Path(base))
        return cls(folder, spec, open_ledger(folder, spec))

    @classmethod
    def open(cls, folder: Path | str) -> Campaign:
        """Open the campaign in ``folder``.

        Raises:
            StateError: When there is none.
            CampaignError: When its objective is no longer the one that it was begun for.
            SpecError, LedgerError: When its files are faulty.
        """
        folder = Path(folder)
        spec = load_spec(folder)
        ledger = open_ledger(folder, spec)
        ledger.check()
        check_same_objectives(spec, ledger)
        return cls(folder, spec, ledger)

    @property
    def goal(self) -> Goal:
        """What the campaign wants."""
        return self.spec.goal

    @cached_property
    def representation(self) -> Representation:
        """The encoders, loaded on first use."""
        if self._representation is not None:
            return self._representation
        return representation_of(self.spec.encoders, self.folder)

    @cached_property
    def modelling(self) -> Mapping[str, Modelling]:
        """How each property is learned: its prior mean, whether robustly, and the cheaper sources beside it; by its name."""
        from campaigns.rounds.modelling import modelling_of

        return modelling_of(self.spec.properties, self.folder, self.representation.store)

    @property
    def _forms(self) -> Forms:
        return Forms(self.folder, self.spec, self.ledger)

    def ingest(
        self,
        results: Path | str | pd.DataFrame,
        *,
        dry_run: bool = False,
        corrections: bool = False,
        replicates: bool = False,
        how: HowToRead | None = None,
        progress: Progress = silent,
    ) -> IngestSummary:
        """Take measurements in: all rows of a table, or none.

        Args:
            results: CSV, TSV, XLSX or Parquet file, or frame, with polymers and a column named like each property that is known,
                or a filled-in form of proposals. Cells may be empty.
            dry_run: Check and count only.
            corrections: Values for proposals that have others from before stand in for these, which are retracted; so do values
                whose row names a measurement in a column ``corrects``.
            replicates: Values for proposals that have others from before are of further specimens; so are values of other tables
                that equal a recorded one, if that is of a file of another name.
            how: What its columns mean, its encoding, its decimal sign, its sheet; what is not said is found out.
            progress: Told of the rows that are checked.

        Raises:
            TableError: With every faulty row, or every value in conflict with a recorded one; nothing is taken then.
        """
        source = Path(results) if isinstance(results, str) else results
        return ingest(
            source,
            self.spec.properties,
            self.ledger,
            dry_run=dry_run,
            corrections=corrections,
            replicates=replicates,
            how=how,
            progress=progress,
        )

    def correct(self, measurement: str, right: Right, *, reason: str) -> Correction:
        """Say what a measurement should have said: a new one takes its place, and the old one stays on record.

        Undone by correcting it back, or by retracting the new one and then undoing the retraction of the old one.

        Args:
            measurement: Its id, such as ``M12``.
            right: What it should have said.
            reason: Why.

        Raises:
            UnknownNameError: There is no such measurement.
            StateError: It is retracted already, or the campaign no longer has its property.
            CampaignError: What is right says the same, or is no measurement.
            UnitError: The unit is not one of the property.
        """
        return correct(self.ledger, self.spec.properties, measurement, right, _told(reason))

    def retract(self, *measurements: str, reason: str, undo: bool = False) -> Changed:
        """Take measurements back, all or none: they stay on record and are not learned from. A proposal without any value left is
        running again.

        Args:
            measurements: Their ids, such as ``M12``.
            reason: Why.
            undo: Let them stand again.

        Raises:
            UnknownNameError: There is no such measurement.
            LedgerError: One is retracted already, or with ``undo`` not retracted, or what was said in its place stands.
        """
        return retract(self.ledger, measurements, _told(reason), undo=undo)

    def withdraw(self, *proposals: str, reason: str, undo: bool = False) -> Changed:
        """Take proposals back, all or none: they are not awaited, and not proposed again.

        Args:
            proposals: Their ids, such as ``R003-07``.
            reason: Why.
            undo: Propose them as before, whether they were withdrawn or called failed or abandoned.

        Raises:
            UnknownNameError: There is no such proposal.
            LedgerError: One cannot be withdrawn, or with ``undo`` is neither withdrawn nor failed nor abandoned.
        """
        return withdraw(self.ledger, proposals, _told(reason), undo=undo)

    def exclude(self, smarts: str, *, reason: str, undo: bool = False) -> Excluded:
        """Leave a substructure out of what is proposed and ranked from now on.

        Args:
            smarts: Matched on the endless chain.
            reason: Why.
            undo: Let it in again.

        Raises:
            CampaignError: The text is no SMARTS.
            LedgerError: It is excluded already.
            UnknownNameError: With ``undo``, it is not excluded.
        """
        return exclude(self.ledger, smarts, _told(reason), undo=undo)

    def history(self, polymer: str) -> History:
        """Every fact of a polymer, in the order in which they were recorded.

        Args:
            polymer: Its PSMILES, its name, or the id of a proposal (``R003-07``) or measurement (``M12``) of it.

        Raises:
            UnknownNameError: The campaign holds nothing that is called so.
            CampaignError: Several polymers are called so.
        """
        from campaigns.correcting.history import history_of

        return history_of(self.ledger, polymer)

    def propose(
        self, n: int | None = None, *, seed: int = 0, workers: int = 1, progress: Progress = silent
    ) -> Batch:
        """Say which polymers to make next, and write the form to fill in.

        Args:
            n: How many, at most :data:`campaigns.limits.MAXIMUM_BATCH`; the spec's batch size by default.
            seed: Same campaign and seed, same proposals.
            workers: Processes that make candidates the first time; the result does not hang on it. A script that asks for
                more than one guards its own start with ``if __name__ == "__main__"``.
            progress: Told of every long step.

        Raises:
            CampaignError: When ``n`` is out of range.
            NotWrittenError: When the folder or the ledger cannot be written to; nothing is computed then.
            PoolError: When nothing of the pool can be proposed.
            SurrogateError, EncodingError, WeightsError, LedgerError: From the floors below.
        """
        q = self.spec.batch.size if n is None else n
        if not 1 <= q <= MAXIMUM_BATCH:
            raise CampaignError(
                f"A batch of {q} polymers cannot be proposed.", f"Ask for 1 to {MAXIMUM_BATCH}."
            )
        self.check_writable()
        from campaigns.rounds.inputs import RoundInputs
        from campaigns.rounds.proposing import keep_round
        from campaigns.rounds.record import file_sha256

        self._forms.restore()
        seen = self.ledger.snapshot(self.spec.properties)
        files = self.spec.files(self.folder)
        pool_sha256 = {name: file_sha256(path) for name, path in files.items()}
        beginning = self._beginning(self.spec.refinement.adapter_folder(self.folder))
        candidates = self._candidates(seen.excluded, workers, progress)
        inputs = RoundInputs(
            self.folder, self.spec, seen, self.representation, self.modelling, beginning, candidates
        )
        plan = inputs.plan(q, seed=seed, progress=progress)
        return keep_round(
            plan,
            self._forms,
            q=q,
            seed=seed,
            seen=seen,
            pool_sha256=pool_sha256,
            candidates=candidates,
            representation=self.representation,
            beginning=beginning,
        )

    def rank(
        self,
        polymers: Path | str | pd.DataFrame | None = None,
        monomers: Path | str | pd.DataFrame | None = None,
        *,
        top: int = 20,
        adapter: Path | str | None = None,
        seed: int = 0,
        workers: int = 1,
        progress: Progress = silent,
    ) -> Ranking:
        """Rank candidates and the monomers they are made of, best first: the user's own, or those of the campaign's pool.

        What the campaign excludes, and its limits, hold here as well; the notes tell what was left out. Several properties are
        weighed together, with the chances that constraints hold and that a polymer can be made.

        Args:
            polymers: Table or frame with a column ``psmiles`` (or ``smiles``), and ``name`` where known.
            monomers: Table or frame with a column ``smiles``; the polymers that they make are ranked, and they themselves.
                With neither, the campaign's pool is ranked.
            top: How many to give.
            adapter: Folder of an adapter that another campaign trained and ``polyloop adapter`` wrote, in place of the spec's; it
                is used where the gate finds that it helps, and the notes tell.
            seed: Same campaign and seed, same ranking.
            workers: As for :meth:`propose`.
            progress: Told of every long step.

        Raises:
            CampaignError: When too little is measured, or two tables are given.
            WeightsError: When there is no adapter, or it was trained on other encoders.
            TableError: With every faulty row of a frame.
            PoolError: When a file cannot be read.
        """
        from campaigns.ranking.rank import rank

        if polymers is not None and monomers is not None:
            raise CampaignError("Give either polymers or monomers to rank.", "One table, of one kind.")
        if adapter is not None:
            AdapterCard.read(Path(adapter)).check_files(Path(adapter))  # before anything is computed
        own = self.spec.pool
        seen = self.ledger.snapshot(self.spec.properties)
        made = partial(
            candidates_of, own, self.folder, excluded=seen.excluded, workers=workers, progress=progress
        )
        if polymers is not None:
            table = polymer_pool(Path(polymers) if isinstance(polymers, str) else polymers)
            found = made([table], ())
        elif monomers is not None:
            bottles = monomers_from(Path(monomers) if isinstance(monomers, str) else monomers)
            found = made([], bottles)
        else:
            found = self._candidates(seen.excluded, workers, progress)
        beginning = self._beginning(
            self.spec.refinement.adapter_folder(self.folder) if adapter is None else Path(adapter)
        )
        ranking = rank(
            found.pool,
            seen,
            self.goal,
            self.spec.properties,
            self.representation,
            top=top,
            seed=seed,
            shortlisted=self.spec.budget.shortlist,
            searched=found.searched(own.looks),
            monomers=found.monomers,
            modelling=self.modelling,
            refinement=self.spec.refinement,
            beginning=beginning,
            progress=progress,
        )
        ranked = [RepeatUnit.parse(text) for text in ranking.frame["psmiles"]]
        estimates = estimates_of(ranked, self.spec.report.physics, self.spec.properties)
        frame = with_estimates(ranking.frame, estimates)
        return replace(ranking, frame=frame, notes=(*found.notes(), *ranking.notes))

    def export_adapter(
        self,
        out: Path | str,
        *,
        round: int | None = None,
        property: str | None = None,
        member: str | None = None,
    ) -> AdapterCard:
        """Write an adapter of a round into a folder of its own, for use in another campaign.

        Args:
            out: New, or empty; made where it is missing.
            round: Number of the round; the last one that has an adapter by default.
            property: Of which; by default the first that has one.
            member: ``projection``, ``encoder`` or ``both``; by default the one that the gate used, else the best scoring.

        Raises:
            CampaignError: There is no such adapter, its folder is gone, or ``out`` holds something already.
        """
        from campaigns.rounds.exporting import export_adapter

        return export_adapter(
            self.folder, self.spec, self.ledger.rounds(), Path(out), round, property, member
        )

    def replay(self, number: int | None = None, *, workers: int = 1, progress: Progress = silent) -> Replay:
        """Derive a round again from what was recorded, and hold it against that. Nothing is recorded.

        Args:
            number: Of the round; the last one by default.
            workers: As for :meth:`propose`.
            progress: Told of every long step.

        Raises:
            StateError: When there is no round yet.
            UnknownNameError: When there is no such round.
            SurrogateError, EncodingError: From the floors below.
        """
        from campaigns.replaying.rounds import asked_for

        asked_for(self.ledger.rounds(), number)  # a slip is told before models are loaded
        from campaigns.replaying.replay import replay_round

        return replay_round(
            self.folder, self.ledger, number, self._representation_for, workers=workers, progress=progress
        )

    def diff(
        self,
        start: int | None = None,
        end: int | None = None,
        *,
        now: bool = False,
        top: int = 10,
        workers: int = 1,
        progress: Progress = silent,
    ) -> RankingDiff:
        """What new measurements changed in the ranking, from one round to another or to now. Nothing is recorded.

        Args:
            start: Number of the first round; the one before the second by default.
            end: Number of the second; the last one by default.
            now: Compare with what is known now instead. So it is, too, where there is but one round.
            top: Best candidates of the pool to compare, under the models of each, beside the proposals of both rounds.
            workers: As for :meth:`propose`.
            progress: Told of every long step.

        Raises:
            StateError: When there is no round yet, or what it was made from is gone.
            UnknownNameError: When there is no such round.
            CampaignError: When the rounds do not follow one another.
            SpecError: When files of the pool are missing.
            SurrogateError, EncodingError, WeightsError: From the floors below.
        """
        from campaigns.replaying.rounds import rounds_to_compare

        rounds_to_compare(
            self.ledger.rounds(), start, end, now=now
        )  # a slip is told before models are loaded
        from campaigns.replaying.diff import compare_rounds

        return compare_rounds(
            self.folder,
            self.ledger,
            self.spec,
            self._representation_for,
            start=start,
            end=end,
            now=now,
            top=top,
            workers=workers,
            progress=progress,
        )

    def export(self, out: Path | str, *, progress: Progress = silent) -> ExportSummary:
        """Write all that the campaign is as plain CSV and JSON, adapters and the files of its pool, with their checksums.

        Args:
            out: A folder that is new or empty, or a new ZIP file where it ends in ``.zip``.
            progress: Told of every file.

        Raises:
            StateError: When ``out`` is there already, or files of the spec are missing or lie outside the folder.
            LedgerError: When the ledger is damaged.
        """
        from campaigns.exchanging.export import export_campaign

        return export_campaign(self.folder, self.spec, self.ledger, Path(out), progress=progress)

    @classmethod
    def restore(
        cls,
        archive: Path | str,
        folder: Path | str,
        *,
        ledger: str | None = None,
        schema: str = "",
        progress: Progress = silent,
    ) -> Campaign:
        """Make the campaign anew that :meth:`export` wrote: same ids, moments, authors and digests. All of it, or nothing.

        Args:
            archive: A folder or a ZIP file.
            folder: New, or empty.
            ledger: URL of a database for its facts; an SQLite file in the folder by default.
            schema: Of a PostgreSQL database, so that several campaigns share one.
            progress: Told of every file.

        Raises:
            ArchiveError: When the archive is damaged, unsafe, of a newer polyloop, or none.
            StateError: When ``folder`` holds something already, or cannot be written.
            SpecError, LedgerError: When the spec has faults, or the database cannot be used.
        """
        from campaigns.exchanging.restore import restore_campaign

        folder = Path(folder)
        restore_campaign(Path(archive), folder, ledger=ledger, schema=schema, progress=progress)
        return cls.open(folder)

    def _representation_for(self, spec: CampaignSpec) -> Representation:
        """The encoders of an earlier spec, which in most campaigns are those of this one."""
        same = spec.encoders == self.spec.encoders
        return self.representation if same else representation_of(spec.encoders, self.folder)

    def _beginning(self, adapter: Path | None) -> Beginning:
        """What refinement has before it starts."""
        from campaigns.rounds.adapters import beginning_of

        return beginning_of(
            self.folder,
            self.ledger.rounds(),
            self.representation,
            properties=[told.name for told in self.spec.properties],
            warm=self.spec.refinement.start == "previous",
            adapter=adapter,
        )

    def candidates(self, *, workers: int = 1, progress: Progress = silent) -> CampaignPool:
        """What may be proposed: the pool of the spec, made ready, without the substructures that are excluded."""
        excluded = tuple(told.smarts for told in self.ledger.exclusions())
        return self._candidates(excluded, workers, progress)

    def _candidates(self, excluded: Sequence[str], workers: int, progress: Progress) -> CampaignPool:
        return campaign_pool(
            self.spec.pool, self.folder, excluded=excluded, workers=workers, progress=progress
        )

    def matching(self, smarts: str) -> Matching | None:
        """How many candidates of the pool hold a substructure, of those that the other exclusions leave; ``None`` where that
        takes more than a moment to tell, as in a pool that was not made ready yet: :meth:`candidates` counts it.
        """
        from campaigns.candidates.matching import matching

        excluded = [told.smarts for told in self.ledger.exclusions()]
        return matching(self.spec.pool, self.folder, smarts, excluded)

    def change_pool(self, change: Callable[[PoolSpec], PoolSpec], *tables: Path) -> None:
        """Change what may be proposed from now on: ``campaign.toml`` is written anew once the new pool is known to work.

        A ``campaign.toml`` that was written by hand is kept beside it as ``campaign.toml.bak``, with its comments.

        Args:
            change: From the pool as it is to the pool as it shall be.
            tables: Files that it names; they are copied into the campaign's folder under their own names.

        Raises:
            CampaignError: Another file in the folder has a table's name.
            SpecError, PoolError: The new pool does not work; the old one stays.
        """
        self.spec = write_pool(self.folder, change, tables)

    def status(self) -> CampaignStatus:
        """Where the campaign stands and what to do next."""
        # Who may only read the folder may still ask; whoever proposes next is told.
        with contextlib.suppress(OSError, NotWrittenError):
            self._forms.restore()
        return standing_of(self._forms)

    def cards(self) -> list[Card]:
        """The campaign's report as cards, for a terminal, a notebook, or whatever else can show them."""
        from campaigns.reports.assembly import assemble
        from campaigns.reports.round_report import round_cards

        return round_cards(assemble(self.spec, self.ledger))

    def check_writable(self) -> None:
        """Make sure that the campaign can be written to.

        Raises:
            NotWrittenError: When the folder or the ledger cannot be written to.
        """
        check_writable(self.folder, self.ledger.place)

    def report(self, progress: Progress = silent) -> Path:
        """Write the campaign as one HTML file and return its path.

        Raises:
            NotWrittenError: When the folder cannot be written to; nothing is computed then.
        """
        self.check_writable()
        from campaigns.reports.assembly import assemble
        from campaigns.reports.round_report import write_round_report

        progress(0, 1, "writing the report")
        self._forms.restore()
        path = write_round_report(assemble(self.spec, self.ledger), self.folder / REPORT_FILE)
        progress(1, 1, "writing the report")
        return path


def _told(reason: str) -> str:
    """A reason without blanks around it, as it was written.

    Raises:
        CampaignError: There is none.
    """
    if not reason.strip():
        raise CampaignError(
            "No reason is given.", "Say why in a few words: the ledger keeps it beside the fact."
        )
    return as_written(reason.strip())
