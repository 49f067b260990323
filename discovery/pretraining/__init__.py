"""How the bundled encoders were made, and how a user makes their own: corpus, labels, training of text and geometry.

Nothing is imported here: each part loads a good deal, and a command needs one of them.
"""
