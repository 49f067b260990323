"""Acquisition: from what is believed of a pool to the batch that is made next."""
