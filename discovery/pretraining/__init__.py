"""How the bundled encoders were made, and how a user makes their own.

In the order of the work: ``corpus`` (which polymers), ``labels`` (what is computed of each), ``descriptions`` (each in words),
``text`` and ``geometry`` (the two encoders), ``alignment`` (both and the words in one latent); ``loop`` is what those three
share. Nothing is imported here: each part loads a good deal, and a command needs one of them.
"""
