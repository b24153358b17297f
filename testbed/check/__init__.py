"""The ledger: statements of the theory run against laws, a record for each pair. A pure function of both."""

from testbed.check.laws import LAWS, SUITE
from testbed.check.ledger import ledger
from testbed.check.record import Margin, Record
from testbed.check.run import check, check_all, one_law
from testbed.check.suite import laws_for, statements_named

__all__ = [
    "LAWS", "SUITE", "Margin", "Record", "check", "check_all", "laws_for", "ledger", "one_law", "statements_named",
]  # fmt: skip
