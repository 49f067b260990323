"""Passwords in addresses of databases: whoever gives one on the command line is refused, and no file keeps it."""

from __future__ import annotations

import re

_IN_ADDRESS = re.compile(
    r"(://[^\s:/@]{0,100}:)\S{1,200}(?=@)|([?&](?:password|passfile|sslpassword)=)[^\s&'\"]+", re.IGNORECASE
)


def without_passwords(text: str) -> str:
    """A text, with three asterisks for each password in an address such as ``postgresql://ada:secret@host/db``."""
    return _IN_ADDRESS.sub(lambda found: f"{found[1] or found[2]}***", text)
