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
@click.option("--objective", type=options.TARGET, help="What to find, such as tg:max.")
@click.option("--unit", default="", help="The objective's unit, such as K.")
@click.option(
    "--pool",
    "pools",
    type=options.READABLE_FILE,
    multiple=True,
    help="Table of monomers (smiles, name) or polymers (psmiles); may be given several times.",
)
@click.option("--name", help="The campaign's name; the objective's by default.")
@click.pass_obj
def new(
    terminal: Terminal,
    folder: Path,
    spec: Path | None,
    objective: str | None,
    unit: str,
    pools: tuple[Path, ...],
    name: str | None,
) -> Answer:
    """Set up a campaign in the folder DIR.

    Either from a spec file, or from --objective, --unit and --pool. The pool's files are copied into DIR.
    """
    by_options = {"--objective": objective, "--unit": unit or None, "--pool": pools or None, "--name": name}
    given = [option for option, value in by_options.items() if value is not None]
    if spec is not None and given:
        raise click.UsageError(f"--spec already says what {given[0]} would; give one or the other")
    if spec is None and (objective is None or not pools):
        raise click.UsageError("give --spec campaign.toml, or both --objective and --pool")

    from campaigns.campaign import Campaign
    from campaigns.spec import CampaignSpec

    with terminal.progress():
        if spec is not None:
            made = CampaignSpec.load(spec)
        else:
            made = CampaignSpec.from_options(str(objective), unit=unit, pool=pools, name=name or "")
        # a spec's pool is named relative to the spec, an option's relative to where the command runs
        campaign = Campaign.create(folder, made, base=spec.parent if spec is not None else Path())
        status = campaign.status()
    return Answer(
        {"folder": folder, "name": status.name, "objective": status.objective, "next_step": status.next_step},
        lambda console: console.print(f"{folder} is ready. Wanted: {status.objective}.\n{status.next_step}"),
    )
