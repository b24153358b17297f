"""The ledger: statements of the theory run against laws, a record for each pair. A pure function of both."""

from testbed.check.laws import LAWS, SUITE
from testbed.check.record import Margin, Record
from testbed.check.run import check, one_law
from testbed.check.suite import laws_for, statements_named

__all__ = ["LAWS", "SUITE", "Margin", "Record", "check", "laws_for", "one_law", "statements_named"]
