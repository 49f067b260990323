"""The fused space: projections of both modalities, the gate between them, their adaptation to measurements.

``fusion`` holds the map from frozen vectors to the latent, ``refinement`` the adaptation through a GP's
marginal likelihood, ``adapter`` what comes out of it, ``lora`` the low-rank updates, ``text_blocks`` the part
of the language model they sit in. ``representation`` holds all that a campaign sees of a polymer.
"""
