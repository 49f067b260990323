"""The training loop that all encoders share: schedule, state that survives an interruption, curves, model card."""
