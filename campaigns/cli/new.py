"""``polyloop new``: a campaign folder from a spec file, or from options."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("new")
@click.argument("folder", metavar="DIR", type=options.ANY_FOLDER, help="Folder of the new campaign.")
@click.option("--spec", type=options.READABLE_FILE, help="A campaign.toml; instead of the options below.")
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    metavar="NAME:WANTED",
    help="What to find: tg:max, tg:min, or a target, tg:340..360 or tg:350+-20; several for several properties.",
)
@click.option(
    "--unit",
    "units",
    multiple=True,
    help='The objective\'s unit, such as K; of several, one for each in their order ("" for a pure number).',
)
@click.option(
    "--constraint",
    "constraints",
    multiple=True,
    metavar="TEXT",
    help='What must hold besides: "tg > 400 K", "sa_score < 4"; may be given several times.',
)
@click.option(
    "--pool",
    "pools",
    type=options.READABLE_FILE,
    multiple=True,
    help="Table of monomers (smiles, name) or polymers (psmiles); may be given several times.",
)
@click.option("--name", help="The campaign's name; the objectives' by default.")
@click.option(
    "--adapter",
    type=options.ANY_FOLDER,
    help="Folder that polyloop adapter wrote: what another campaign learned, used where the gate finds that it helps.",
)
@click.option(
    "--ledger",
    metavar="URL",
    help="PostgreSQL database for what happens, such as postgresql+psycopg://user@host/lab; a file in DIR by default.",
)
@click.option("--schema", metavar="NAME", help="Schema of that database, so that several campaigns share it.")
@click.pass_obj
def new(
    terminal: Terminal,
    folder: Path,
    spec: Path | None,
    objectives: tuple[str, ...],
    units: tuple[str, ...],
    constraints: tuple[str, ...],
    pools: tuple[Path, ...],
    name: str | None,
    adapter: Path | None,
    ledger: str | None,
    schema: str | None,
) -> Answer:
    """Set up a campaign in the folder DIR.

    Either from a spec file, or from options:

    \b
    --objective tg:max --unit K --pool monomers.csv
    --objective tg:max --unit K --objective density:min --unit g/cm3
      --constraint "sa_score < 4" --pool monomers.csv

    A target has a tolerance, beyond which a value is as bad as useless: that of tg:350+-20 is 20, that of the
    range tg:340..360 its width, 20. tg:observe only models a property. A constraint on a property that no
    objective names has it observed. More can be said in campaign.toml, which is written into DIR; the files
    of the pool are copied there.

    A campaign that lies in a PostgreSQL database is joined with --ledger (and --schema), and copies of its
    files with --pool: what it is for stands in the ledger.

    \b
    Example:
      polyloop new tg --objective tg:max --unit K --pool monomers.csv
    """
    by_options = {
        "--objective": objectives,
        "--unit": units,
        "--constraint": constraints,
        "--pool": pools,
        "--name": name,
        "--adapter": adapter,
        "--ledger": ledger,
        "--schema": schema,
    }
    given = [option for option, value in by_options.items() if value]
    if spec is not None and given:
        raise click.UsageError(f"--spec already says what {given[0]} would; give one or the other")
    joins = spec is None and ledger is not None and not objectives
    if joins and (said := [option for option in ("--unit", "--constraint", "--name") if by_options[option]]):
        raise click.UsageError(
            f"without --objective the campaign in the ledger is joined, which says itself what {said[0]} would"
        )
    if spec is None and not joins and not (objectives and pools):
        raise click.UsageError("give --spec campaign.toml, or both --objective and --pool")

    from campaigns.campaign import Campaign
    from campaigns.folder import is_begun
    from campaigns.reports.wording import counted
    from campaigns.spec import CampaignSpec

    with terminal.progress():
        if spec is not None:
            made = CampaignSpec.load(spec)
        elif ledger is not None and joins:
            from campaigns.joining import spec_to_join

            made = spec_to_join(ledger, schema or "", pools, adapter)
        else:
            made = CampaignSpec.from_options(
                objectives,
                unit=units,
                constraints=constraints,
                pool=pools,
                name=name or "",
                adapter=adapter,
                ledger=ledger,
                schema=schema,
            )
        lay_there = made.ledger.url is not None and is_begun(folder, made)
        # a spec's files are named relative to the spec, an option's relative to where the command runs
        campaign = Campaign.create(folder, made, base=spec.parent if spec is not None else Path())
        status = campaign.status()
        told = [
            f"No objective names {of.name}, only a constraint does: it is measured as a property of its own, in the column "
            f"{of.name} ({of.unit or 'a pure number'})."
            for of in made.implied
        ]
        joined: dict[str, int] | None = None
        first = f"{folder} is ready."
        if lay_there:
            from campaigns.joining import notes_on_joining

            joined = {"polymers": status.observations, "rounds": status.rounds}
            known = f"{counted(status.observations, 'polymer')} measured, {counted(status.rounds, 'round')}"
            first = f"{folder} has joined the campaign {status.name} that lies in the database: {known}."
            told += notes_on_joining(folder, campaign.spec, campaign.ledger)
    answer = "\n".join([f"{first} Wanted: {made.sentence}.", *told, status.next_step])
    return Answer(
        {
            "folder": folder,
            "name": status.name,
            "objective": made.sentence,
            "joined": joined,
            "notes": told,
            "next_step": status.next_step,
        },
        lambda console: console.print(answer),
    )
