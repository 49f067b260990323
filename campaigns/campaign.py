"""Campaign: the one class with state. A folder with a spec, a pool and a ledger; every method is one step of the loop.

campaign = Campaign.create("tg", CampaignSpec.load("campaign.toml"))
campaign.ingest("results.csv")
batch = campaign.propose(8)
campaign.rank(polymers="mine.csv")

The models are imported where they are used: opening a campaign, ingesting and asking for its status need none of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from campaigns.adapter_card import AdapterCard
from campaigns.candidates.pool import CampaignPool, campaign_pool, candidates_of, monomers_from, polymer_pool
from campaigns.encoders import representation_of
from campaigns.errors import CampaignError, TableError
from campaigns.folder import LEDGER_FILE, REPORT_FILE, SPEC_FILE, check_same_objectives, make_campaign
from campaigns.forms import Forms
from campaigns.ingesting.ingest import ingest
from campaigns.ledger import Ledger
from campaigns.limits import MAXIMUM_BATCH
from campaigns.outcomes import Batch, CampaignStatus, IngestSummary
from campaigns.physics import estimates_of, with_estimates
from campaigns.pool_writing import write_pool
from campaigns.spec import CampaignSpec, PoolSpec
from campaigns.standing import standing_of
from discovery.acquisition.objectives import Goal
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from campaigns.ranking.rank import Ranking
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
        return cls(folder, spec, Ledger.open(folder / LEDGER_FILE))

    @classmethod
    def open(cls, folder: Path | str) -> Campaign:
        """Open the campaign in ``folder``.

        Raises:
            CampaignError: When there is none, or its objective is no longer the one that it was begun for.
            SpecError, LedgerError: When its files are faulty.
        """
        folder = Path(folder)
        missing = [name for name in (SPEC_FILE, LEDGER_FILE) if not (folder / name).is_file()]
        if missing:
            raise CampaignError(
                f"{folder} is not a campaign: it holds no {' and no '.join(missing)}.",
                f"Make one with polyloop new {folder} --objective tg:max --unit K --pool monomers.csv",
            )
        spec, ledger = CampaignSpec.load(folder / SPEC_FILE), Ledger.open(folder / LEDGER_FILE)
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
        self, results: Path | str | pd.DataFrame, *, dry_run: bool = False, progress: Progress = silent
    ) -> IngestSummary:
        """Take measurements in: all rows of a table, or none.

        Args:
            results: CSV file or frame with polymers and a column named like each property that is known, or a filled-in form of
                proposals. Cells may be empty.
            dry_run: Check and count only.
            progress: Told of the rows that are checked.

        Raises:
            TableError: With every faulty row; nothing is taken then.
        """
        source = Path(results) if isinstance(results, str) else results
        return ingest(source, self.spec.properties, self.ledger, dry_run=dry_run, progress=progress)

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
            PoolError: When nothing of the pool can be proposed.
            SurrogateError, EncodingError, WeightsError, LedgerError: From the floors below.
        """
        from campaigns.rounds.proposing import budget_left, keep_round, round_settings
        from campaigns.rounds.record import file_sha256
        from discovery.acquisition.round import plan_round

        q = self.spec.batch.size if n is None else n
        if not 1 <= q <= MAXIMUM_BATCH:
            raise CampaignError(
                f"A batch of {q} polymers cannot be proposed.", f"Ask for 1 to {MAXIMUM_BATCH}."
            )
        self._forms.restore()
        seen = self.ledger.snapshot(self.spec.properties)
        files = self.spec.files(self.folder)
        pool_sha256 = {name: file_sha256(path) for name, path in files.items()}
        beginning = self._beginning(self.spec.refinement.adapter_folder(self.folder))
        candidates = self.candidates(workers=workers, progress=progress)
        plan = plan_round(
            seen.observations,
            candidates.pool,
            self.goal,
            self.representation,
            q=q,
            seed=seed,
            searched=candidates.searched(self.spec.pool.looks),
            pending=[p.unit for p in seen.pending],
            excluded=[p.unit for p in seen.withdrawn],
            abandoned=[p.unit for p in seen.abandoned],
            settings=round_settings(self.spec, beginning),
            modelling=self.modelling,
            budget_left=budget_left(self.spec, self.ledger.statuses().values()),
            progress=progress,
        )
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
            AdapterCard.read(Path(adapter))  # before anything is computed
        own = self.spec.pool
        if polymers is not None:
            table = polymer_pool(Path(polymers) if isinstance(polymers, str) else polymers)
            found = candidates_of(own, self.folder, [table], (), workers=workers, progress=progress)
        elif monomers is not None:
            bottles = monomers_from(Path(monomers) if isinstance(monomers, str) else monomers)
            found = candidates_of(own, self.folder, [], bottles, workers=workers, progress=progress)
        else:
            found = self.candidates(workers=workers, progress=progress)
        beginning = self._beginning(
            self.spec.refinement.adapter_folder(self.folder) if adapter is None else Path(adapter)
        )
        seen = self.ledger.snapshot(self.spec.properties)
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
        """What may be proposed: the pool of the spec, made ready."""
        return campaign_pool(self.spec.pool, self.folder, workers=workers, progress=progress)

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
        with contextlib.suppress(OSError, TableError):
            self._forms.restore()
        return standing_of(self._forms)

    def cards(self) -> list[Card]:
        """The campaign's report as cards, for a terminal, a notebook, or whatever else can show them."""
        from campaigns.reports.assembly import assemble
        from campaigns.reports.round_report import round_cards

        return round_cards(assemble(self.spec, self.ledger))

    def report(self, progress: Progress = silent) -> Path:
        """Write the campaign as one HTML file and return its path."""
        from campaigns.reports.assembly import assemble
        from campaigns.reports.round_report import write_round_report

        progress(0, 1, "writing the report")
        self._forms.restore()
        path = write_round_report(assemble(self.spec, self.ledger), self.folder / REPORT_FILE)
        progress(1, 1, "writing the report")
        return path
