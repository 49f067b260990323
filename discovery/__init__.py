"""The science of polyloop: polymers, encoders, the fused latent, surrogates, pools and acquisition.

Nothing in here knows of campaigns, files or databases; every room can be used alone in a notebook.
"""

import os as _os

# PyTorch's threads wait for one another by spinning. Where another program has the cores, they spin for all of its time
# slice, and a fit of two seconds takes minutes. A short spin costs nothing on an idle machine. The setting is read when
# PyTorch is loaded, so it is made here, before that.
if "OMP_WAIT_POLICY" not in _os.environ:
    _os.environ.setdefault("GOMP_SPINCOUNT", "1000")
