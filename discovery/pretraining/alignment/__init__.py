"""Training of the fused latent: text, geometry and descriptions of one polymer, brought together."""
