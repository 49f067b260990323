"""Training of the text encoder: a small Llama that reads PSMILES."""
