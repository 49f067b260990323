"""A polymer in words, by template or by an instruction-tuned model, with numbers that are checked."""
