"""Where candidates come from: tables of polymers, monomers with rules; always a stream."""

from discovery.pools.monomer_table import read_monomers
from discovery.pools.pool import MonomerPool, Pool, TablePool, UnitPool

__all__ = ["MonomerPool", "Pool", "TablePool", "UnitPool", "read_monomers"]
