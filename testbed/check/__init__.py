"""The ledger: statements of the theory run against laws, a record for each pair. A pure function of both."""

from testbed.check.record import Record, check
from testbed.check.suite import LAWS, STATEMENTS, run, statements_named

__all__ = ["LAWS", "STATEMENTS", "Record", "check", "run", "statements_named"]
