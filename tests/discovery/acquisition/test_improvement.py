from __future__ import annotations

from botorch.acquisition.multi_objective import logei

import discovery.acquisition.improvement  # noqa: F401  (what importing it does is what is asked)


def test_no_kernel_is_compiled_on_the_users_machine() -> None:
    logei._try_load_fused_kernel()
    assert logei._C is None
