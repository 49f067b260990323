"""What a database complains of, in words: what is wrong with the ledger, and what to do."""

from __future__ import annotations

from json import JSONDecodeError

from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from campaigns.errors import CampaignError, LedgerError

_BUSY = (
    "is in use by another polyloop command",
    "Try again when that one has ended. Nothing was recorded.",
)
_DAMAGED = (
    "is damaged",
    "Look at it with polyloop doctor DIR; polyloop doctor DIR --recover NEW writes what is whole into a new folder.",
)
_FULL = ("cannot be written: the disk is full", "Make room and try again. Nothing was recorded.")
_COMPLAINTS = (
    ("locked", *_BUSY),
    ("lock timeout", *_BUSY),
    ("disk is full", *_FULL),
    ("No space left on device", *_FULL),
    (
        "disk I/O error",
        "cannot be read or written: the disk gave an error, or has no room",
        "Look at the disk, and try again. Nothing was recorded.",
    ),
    ("readonly", "is read-only", "Give yourself the right to write to the file and its folder."),
    (
        "read-only transaction",
        "is read-only",
        "Give your database user the right to write, or connect to the main server.",
    ),
    ("permission denied", "is not open to you", "Ask for the rights on the database and its schema."),
    (
        "unable to open",
        "cannot be opened or made",
        "Check that its folder is there and that you may write to it.",
    ),
    (
        "not a database",
        "is not a database",
        "Correct the path; if it was one, polyloop doctor DIR --recover NEW writes what is whole into a new folder.",
    ),
    ("malformed", *_DAMAGED),
    ("append-only", "keeps every fact as it was recorded", "Correct a fact with a new one."),
)


def in_words(name: str, error: DatabaseError) -> LedgerError:
    """What to raise for an error of the database.

    Args:
        name: What messages call the ledger.
        error: As the database gave it.
    """
    said = " ".join(str(error.orig).split())
    if said.startswith("connection"):
        return LedgerError(
            f"{name} cannot be reached ({said}).",
            "Check that its server runs, its address, and your password (PGPASSWORD, ~/.pgpass or a service file).",
        )
    for sign, fault, hint in _COMPLAINTS:
        if sign in said:
            return LedgerError(f"{name} {fault}.", hint)
    if isinstance(error, IntegrityError):
        return LedgerError(f"A fact contradicts what {name} holds ({said}).", "Nothing was recorded.")
    if isinstance(error, OperationalError):
        return LedgerError(f"{name} cannot be used ({said}).", "Nothing was recorded.")
    return LedgerError(f"{name} gave an error ({said}).", "Nothing was recorded.")


def no_text(name: str, error: UnicodeError | JSONDecodeError) -> CampaignError:
    """What to raise where a text cannot go into the database, or did not come out of it as one, or as the JSON that it was."""
    if isinstance(error, UnicodeEncodeError):
        return CampaignError(
            f"A text is not Unicode, and cannot be recorded: {error.object!r}.",
            "Write it anew. Nothing was recorded.",
        )
    return LedgerError(f"{name} {_DAMAGED[0]}.", _DAMAGED[1])  # SQLite's message quotes what is no text
