"""With which code ``polyloop`` ends, and which error has which: the one place that says so."""

from __future__ import annotations

import errno

import click

from discovery.errors import DiscoveryError, StateError

DONE = 0
FAULT = 1
INPUT = 2
STATE = 3
STOPPED = 130
"""128 + SIGINT, as shells count it."""

EXIT_CODES = {
    DONE: "done",
    FAULT: "a fault of polyloop",
    INPUT: "something given is wrong (arguments, tables, specs)",
    STATE: "it cannot be done as things are (campaign, ledger, disk, installation)",
    STOPPED: "stopped from the keyboard",
}
"""What each code means, in the words of ``--help``."""

PATHS_TO_MEND = {
    errno.ENOENT: "Check the path: every folder of it must be there.",
    errno.ENOTDIR: "A part of this path is a file, not a folder; choose another path.",
    errno.EISDIR: "This is a folder; name a file.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}
"""Errors of the operating system that name a wrong path, with the way out."""

DISKS_TO_MEND = {
    errno.EACCES: "Check the permissions, or choose another folder.",
    errno.EPERM: "Check the permissions, or choose another folder.",
    errno.EROFS: "It is on a read-only disk; choose another folder.",
    errno.ENOSPC: "Make room on the disk and run the command again.",
    errno.EDQUOT: "Your quota of the disk is used up; make room and run the command again.",
    errno.EFBIG: "No file may become so large here; see ulimit -f, or choose another disk.",
    errno.EIO: "The disk cannot be read or written; see what the system's log says of it.",
}
"""Errors of the operating system that tell of the state of a disk, with the way out."""


def code_of(error: BaseException) -> int:
    """The exit code of an error that ended a command."""
    if isinstance(error, click.ClickException):
        return INPUT
    if isinstance(error, StateError | MemoryError):
        return STATE
    if isinstance(error, DiscoveryError):
        from campaigns.errors import StrategyError

        return FAULT if isinstance(error, StrategyError) else INPUT
    if isinstance(error, OSError):
        if error.errno in DISKS_TO_MEND:
            return STATE
        # without a name it is no path of the user's that is wrong
        return INPUT if error.errno in PATHS_TO_MEND and error.filename is not None else FAULT
    return FAULT
