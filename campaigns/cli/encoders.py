"""The option that names encoders by a campaign, for the commands that work without one, and how the campaign refines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from campaigns.spec import CampaignSpec, EncodersSpec, RefinementSpec

campaign = click.option(
    "--campaign",
    metavar="DIR",
    type=click.Path(exists=True, readable=True, path_type=Path),
    help="Use the encoders of this campaign, or of a campaign.toml; the bundled ones by default.",
)
"""A campaign's folder, or a spec by itself; read by :func:`encoders_of`."""


def named_in_words(campaign: Path | None, encoders: EncodersSpec) -> tuple[str, ...]:
    """A line that names the encoders which a campaign brought; none for the bundled ones without a campaign."""
    if campaign is None:
        return ()
    parts = (("text", encoders.text), ("geometry", encoders.geometry), ("fusion", encoders.joined_by))
    return (f"Encoders of {campaign}: {', '.join(f'{part} {source}' for part, source in parts)}.",)


def encoders_of(campaign: Path | None) -> EncodersSpec:
    """The encoders under ``[encoders]``, folders by their whole path; the bundled ones where no campaign is named.

    Args:
        campaign: Folder that holds a ``campaign.toml``, or such a file.

    Raises:
        CampaignError: The folder holds no spec.
        SpecError: The spec cannot be read or has faults.
    """
    from campaigns.spec import EncodersSpec

    return EncodersSpec() if campaign is None else _spec_of(campaign).encoders


def refinement_of(campaign: Path | None) -> RefinementSpec:
    """What stands under ``[refinement]``; the defaults where no campaign is named.

    Args:
        campaign: Folder that holds a ``campaign.toml``, or such a file.

    Raises:
        CampaignError: The folder holds no spec.
        SpecError: The spec cannot be read or has faults.
    """
    from campaigns.spec import RefinementSpec

    return RefinementSpec() if campaign is None else _spec_of(campaign).refinement


def _spec_of(campaign: Path) -> CampaignSpec:
    from campaigns.errors import StateError
    from campaigns.folder import SPEC_FILE
    from campaigns.spec import CampaignSpec

    file = campaign / SPEC_FILE if campaign.is_dir() else campaign
    if campaign.is_dir() and not file.is_file():
        raise StateError(
            f"{campaign} is not a campaign: it holds no {SPEC_FILE}.",
            f"Name the folder of a campaign, or a {SPEC_FILE} by itself.",
        )
    return CampaignSpec.load(file).with_whole_paths(file.parent)
