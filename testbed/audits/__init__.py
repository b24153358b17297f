"""What can be said of a user's own two-view table, with intervals, and what cannot."""

from testbed.audits.estimate import Estimate
from testbed.audits.result import Audit
from testbed.audits.run import audit

__all__ = ["Audit", "Estimate", "audit"]
