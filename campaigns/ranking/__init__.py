"""Candidates and the monomers they are made of, ranked by what the models say."""
