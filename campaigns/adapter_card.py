"""The card of an exported adapter: ``adapter.json``, which says in plain words what the folder beside it was trained on.

``polyloop adapter`` writes it; whoever uses the adapter in another campaign reads it first, so that a folder without one, or one
for other encoders, is told before any model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from discovery.errors import WeightsError, WeightsStateError

CARD_FILE = "adapter.json"
"""Name of the card in an adapter's folder."""

FORMAT = 1

ENCODERS = ("text", "geometry", "fusion")
"""What an adapter belongs to: the revisions that must be the same where it is used."""


class AdapterCard(BaseModel):
    """What an adapter was trained on, and what it was worth there."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    format: int = FORMAT
    """Of the card and the files beside it."""
    campaign: str
    """Name of the campaign that trained it."""
    property: str
    """That it was trained for."""
    unit: str
    """Of the property; empty for a pure number."""
    member: str
    """``projection``, ``encoder`` or ``both``: what of the latent it changes."""
    round: int = Field(ge=1)
    """That trained it."""
    polymers: int = Field(ge=0)
    """Measured polymers that it was trained on; where several properties share the adapter, those of all."""
    log_score: float | None
    """Leave-one-out log score of the member that used it, mean per polymer; higher is better."""
    over_frozen: float | None
    """The same less that of the frozen latent, paired."""
    over_frozen_error: float | None
    """Standard error of that difference."""
    chosen: bool
    """Whether the gate used the member in that round."""
    encoders: Mapping[str, str]
    """Revisions of text encoder, geometry encoder and fusion; it fits no others."""
    hash: str = Field(pattern=r"^[0-9a-f]+$")
    """Address of the adapter's content."""
    polyloop: str
    """Version that trained it."""
    files: Mapping[str, str] | None = None
    """SHA-256 of each file beside the card, by its path; null in cards of before this was written."""

    @classmethod
    def read(cls, folder: Path) -> AdapterCard:
        """The card in ``folder``.

        Raises:
            WeightsError: There is no such folder, no card in it, or one that cannot be read.
        """
        path = folder / CARD_FILE
        if not path.is_file():
            fault = f"it holds no {CARD_FILE}" if folder.is_dir() else "there is no such folder"
            raise WeightsError(
                f"There is no adapter in {folder}: {fault}.",
                "Name a folder that polyloop adapter wrote (polyloop adapter DIR --out FOLDER).",
            )
        try:
            card = cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise WeightsStateError(
                f"{path} cannot be read: {_first_line(error)}", "Export the adapter again: polyloop adapter."
            ) from error
        if card.format != FORMAT:
            raise WeightsStateError(
                f"{path} was written by another version of polyloop.",
                "Update polyloop, or export the adapter again: polyloop adapter.",
            )
        return card

    def write(self, folder: Path) -> None:
        """Write the card into ``folder``."""
        (folder / CARD_FILE).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def check_files(self, folder: Path) -> None:
        """Make sure that the files beside the card are those that were written with it, without loading them.

        Args:
            folder: Of the adapter.

        Raises:
            WeightsStateError: One of them is gone or was changed; all are named.
        """
        if self.files is None:
            return
        faults = []
        for name, sha256 in self.files.items():
            try:
                with (folder / name).open("rb") as file:
                    is_same = file_digest(file, "sha256").hexdigest() == sha256
            except OSError as error:
                faults.append(f"{name} cannot be read ({error.strerror})")
            else:
                faults += [] if is_same else [f"{name} was changed or cut off"]
        if faults:
            raise WeightsStateError(
                f"The adapter in {folder} is damaged: {'; '.join(faults)}.",
                "Copy the whole folder again from where it was made, or go on without the adapter.",
            )

    def check_encoders(self, revisions: Mapping[str, str], folder: Path) -> None:
        """Make sure that the encoders in use are those that the adapter was trained on.

        Args:
            revisions: Of the encoders in use.
            folder: Of the adapter, for the message.

        Raises:
            WeightsError: One of them is another.
        """
        others = [
            f"{name} {self.encoders[name]} (here {revisions[name]})"
            for name in ENCODERS
            if name in self.encoders and self.encoders[name] != revisions[name]
        ]
        if others:
            raise WeightsError(
                f"The adapter in {folder} was trained on other encoders: {', '.join(others)}.",
                "Name the encoders that it was trained on under [encoders] in campaign.toml, or leave the adapter out.",
            )


def _first_line(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}."
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the text'}: {first['msg']}."
