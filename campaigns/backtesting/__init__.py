"""A campaign replayed on a table that is measured already, against rivals: who chooses, what may be known, how it is judged and
reported.
"""
