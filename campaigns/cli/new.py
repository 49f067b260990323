"""``polyloop new``: a campaign folder from a spec file, or from options."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("new")
@click.argument("folder", metavar="DIR", type=options.ANY_FOLDER)
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
    """
    by_options = {
        "--objective": objectives,
        "--unit": units,
        "--constraint": constraints,
        "--pool": pools,
        "--name": name,
        "--adapter": adapter,
    }
    given = [option for option, value in by_options.items() if value]
    if spec is not None and given:
        raise click.UsageError(f"--spec already says what {given[0]} would; give one or the other")
    if spec is None and not (objectives and pools):
        raise click.UsageError("give --spec campaign.toml, or both --objective and --pool")

    from campaigns.campaign import Campaign
    from campaigns.spec import CampaignSpec

    with terminal.progress():
        if spec is not None:
            made = CampaignSpec.load(spec)
        else:
            made = CampaignSpec.from_options(
                objectives, unit=units, constraints=constraints, pool=pools, name=name or "", adapter=adapter
            )
        # a spec's files are named relative to the spec, an option's relative to where the command runs
        campaign = Campaign.create(folder, made, base=spec.parent if spec is not None else Path())
        status = campaign.status()
    told = [
        f"No objective names {of.name}, only a constraint does: it is measured as a property of its own, in the column {of.name} "
        f"({of.unit or 'a pure number'})."
        for of in made.implied
    ]
    answer = "\n".join([f"{folder} is ready. Wanted: {made.sentence}.", *told, status.next_step])
    return Answer(
        {
            "folder": folder,
            "name": status.name,
            "objective": made.sentence,
            "notes": told,
            "next_step": status.next_step,
        },
        lambda console: console.print(answer),
    )
