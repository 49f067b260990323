"""How the bundled encoders were made, and how a user makes their own: corpus, labels, descriptions, training of
text and geometry, and their alignment.

Nothing is imported here: each part loads a good deal, and a command needs one of them.
"""
