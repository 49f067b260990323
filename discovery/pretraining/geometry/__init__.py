"""Training of the geometry encoder: a small Uni-Mol that reads conformers."""
