"""What an encoder is taught to say of a polymer: numbers that are computed from its structure."""
