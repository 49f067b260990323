"""The pool in a campaign's folder, changed: ``campaign.toml`` is written anew once the new pool is known to work."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from campaigns.candidates.pool import check_pool
from campaigns.folder import SPEC_FILE, take_in, write_spec
from campaigns.spec import CampaignSpec, PoolSpec


def write_pool(folder: Path, change: Callable[[PoolSpec], PoolSpec], tables: Iterable[Path]) -> CampaignSpec:
    """Change what may be proposed from now on, and return the new spec.

    A ``campaign.toml`` that was written by hand is kept beside it as ``campaign.toml.bak``, with its comments.

    Args:
        folder: Of the campaign.
        change: From the pool as it is to the pool as it shall be.
        tables: Files that it names; they are copied into the campaign's folder under their own names.

    Raises:
        CampaignError: Another file in the folder has a table's name.
        SpecError, PoolError: The new pool does not work; the old one stays.
    """
    with contextlib.ExitStack() as undo:
        for table in tables:
            if not (folder / table.name).exists():
                undo.callback((folder / table.name).unlink, missing_ok=True)
            take_in(folder, table)
        written = folder / SPEC_FILE
        current = CampaignSpec.load(written)  # another command may have changed it meanwhile
        spec = current.with_pool(change(current.pool))
        check_pool(spec.pool, folder)
        if written.read_text(encoding="utf-8-sig") != current.dumps():
            shutil.copyfile(written, written.with_name(f"{SPEC_FILE}.bak"))
        write_spec(folder, spec)
        undo.pop_all()
    return spec
