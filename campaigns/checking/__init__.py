"""A table of polymers (or of molecules) looked over before it is used: what is wrong with it, which rows are one chain,
where their values disagree; and the table cleaned of all that.
"""

from campaigns.checking.check import check_table, cleaned_name
from campaigns.checking.report import CheckReport

__all__ = ["CheckReport", "check_table", "cleaned_name"]
