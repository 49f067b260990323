"""Tables in and out: results checked row by row, and the form of proposals that the scientist fills in."""

from campaigns.tables.form import form_titles, proposals_frame, write_proposals
from campaigns.tables.kind import pool_kind
from campaigns.tables.reading import HowToRead
from campaigns.tables.remarks import Remark
from campaigns.tables.results import CheckedResults, ReadResults, checked_results, read_results
from campaigns.tables.source import read_source, source_scale

__all__ = [
    "CheckedResults",
    "HowToRead",
    "ReadResults",
    "Remark",
    "checked_results",
    "form_titles",
    "pool_kind",
    "proposals_frame",
    "read_results",
    "read_source",
    "source_scale",
    "write_proposals",
]
