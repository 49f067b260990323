"""What every part of a spec is: frozen, typed as TOML is, and without keys that nobody reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """One table of ``campaign.toml``."""

    # Strict: TOML has types, and a size of "8" or true is a slip worth telling.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
