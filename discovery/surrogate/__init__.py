"""Surrogates: what a property is believed to be for polymers that nobody has measured, and how far that
belief can be trusted.

Gaussian processes on fingerprints, on the frozen latent and on the refined one; leave-one-out, the gate
between them, and the contract that anyone's own surrogate has to meet.
"""
