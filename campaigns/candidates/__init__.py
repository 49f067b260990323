"""What may be proposed: tables, frames and monomers as pools, and how the pool of a campaign is changed."""
