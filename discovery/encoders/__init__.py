"""Polymer to frozen vector: text (Llama), geometry (Uni-Mol), fingerprint; and the store that keeps what was computed."""
