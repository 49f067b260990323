"""Which polymers an encoder learns from: drawn from monomers, polymerisation rules and templates of chains."""
