"""``polyloop pretrain``: how the bundled encoders were made, step by step or all at once, to make them again or your own.

polyloop pretrain corpus   --out corpus.parquet
polyloop pretrain labels   --corpus corpus.parquet
polyloop pretrain text     --corpus corpus.parquet --out text
polyloop pretrain geometry --corpus corpus.parquet --out geometry
polyloop pretrain align    --corpus corpus.parquet --text text --geometry geometry --out fusion
"""

from __future__ import annotations

from campaigns.cli.program import LazyGroup

pretrain = LazyGroup(
    "pretrain",
    targets={
        name: f"campaigns.cli.pretrain.{name}:{name}"
        for name in ("corpus", "labels", "text", "geometry", "describe", "align")
    }
    | {"all": "campaigns.cli.pretrain.all:all_in_turn"},
    help="""Make the bundled encoders again, or encoders of your own.

    In order: corpus (polymers from rules and templates), labels (what is computed of each), text (a small
    Llama), geometry (a small Uni-Mol), align (both, and described text, in one latent); 'all' does these one after the
    other. A run that was interrupted goes on where it stopped.

    \b
    Example:
      polyloop pretrain corpus --size 2000 --out corpus.parquet
      polyloop pretrain text --corpus corpus.parquet --out text --steps 500
    """,
)
