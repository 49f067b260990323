"""The science of polyloop: polymers, encoders, the fused latent, surrogates, pools and acquisition.

Nothing in here knows of campaigns, files or databases; every room can be used alone in a notebook.
"""
