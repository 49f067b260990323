"""Where candidates come from: tables of polymers, monomers with rules, plug-ins; always a stream.

A pool is walked in chunks. A :class:`Catalogue` is a pool that was read to disk once, repeats merged and candidates
scored; everything that is walked often, or is large, is walked as one.
"""

from discovery.pools.catalogue import Catalogue
from discovery.pools.chunk import LazyChunk, keys_of, take, units_of
from discovery.pools.monomer_pool import MonomerPool, buyable
from discovery.pools.monomer_table import read_monomers
from discovery.pools.plugin import load_pool_plugin, pool_plugins
from discovery.pools.pool import Pool, UnionPool, UnitPool
from discovery.pools.rules import FilterPool, PoolRules
from discovery.pools.table_pool import TablePool

__all__ = [
    "Catalogue",
    "FilterPool",
    "LazyChunk",
    "MonomerPool",
    "Pool",
    "PoolRules",
    "TablePool",
    "UnionPool",
    "UnitPool",
    "buyable",
    "keys_of",
    "load_pool_plugin",
    "pool_plugins",
    "read_monomers",
    "take",
    "units_of",
]
