"""The fused space: projections of both modalities, the gate between them, their adaptation to measurements.

``fusion`` holds the map from frozen vectors to the latent, ``refinement`` the adaptation through a GP's
marginal likelihood, ``adapter`` what comes out of it, ``lora`` the low-rank updates, ``adapted_blocks`` those in
the top of an encoder (``text_blocks``, ``geometry_blocks``; ``frozen`` keeps the encoder itself as it is).
``representation`` holds all that a campaign sees of a polymer.
"""
