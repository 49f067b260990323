"""Steps of the schema, named ``rNNNN_what``; revision ids are zero-padded numbers, so that older and newer
can be told apart.
"""
