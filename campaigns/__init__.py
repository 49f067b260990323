"""The application: a campaign decides, round after round, which polymers to make next, and remembers
everything.

``from campaigns import Campaign`` is the whole Python interface. The class is fetched on first use, so that
importing the package (as the command line does for ``--help``) stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.campaign import Campaign

__all__ = ["Campaign"]


def __getattr__(name: str) -> Any:
    if name == "Campaign":
        from campaigns.campaign import Campaign

        return Campaign
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
