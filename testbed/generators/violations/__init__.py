"""Ways to break the assumptions, each a dial with its exact size (the numbers are those of the theory's list).

====  ======================================  =========================================================
V1    leak inside the row space of A          `DirectEdge`; `SignedEdge` (its sign)
V2    leak outside it: a negative control     ``DirectEdge(direction="outside")``
V3    latent dropped, or refined in steps     `DropLatent`
V4    rank of A; Example 3.1 of the paper     `LowRank`
V5    sigma_min(A) -> 0 at full rank          the dial ``sigma_min`` of `CleanMixture` and `CleanGaussian`
V6    d2 < k m                                `TruncateTarget`
V7    variance only: a negative control       `CommonScale`
V8    A = 0 or equal rows, laws differ        `RandomSign`, ``LowRank(rank=0, affine=True)``
      its remedies: positive controls         `SquareTarget`, `CanonicalTarget`
V9    selection; its separable control        `Selected`
V10   heavy tails                             `StudentTails`
V11   class imbalance, absent classes         `Imbalanced`; the dial ``priors`` of `CleanMixture`
V12   pairs from another law                  `CovariateShift`, `LabelShift`
V13   linear pretext in a nonlinear law       any mixture: `class_floor` > 0, set by ``bayes_noise`` and ``k``
====  ======================================  =========================================================

All wrap another generator, or a law, and can be nested: ``DropLatent(DirectEdge(CleanMixture(m=2), rho=0.5))``.
"""

from testbed.generators.violations.base import Violation as Violation
from testbed.generators.violations.edge import DirectEdge
from testbed.generators.violations.imbalance import Imbalanced
from testbed.generators.violations.latent import DropLatent
from testbed.generators.violations.rank import LowRank
from testbed.generators.violations.scale import CommonScale
from testbed.generators.violations.selection import Selected
from testbed.generators.violations.shift import CovariateShift, LabelShift
from testbed.generators.violations.sign import RandomSign
from testbed.generators.violations.signed import SignedEdge
from testbed.generators.violations.tails import StudentTails
from testbed.generators.violations.target import CanonicalTarget, SquareTarget, TruncateTarget

__all__ = [
    "CanonicalTarget",
    "CommonScale",
    "CovariateShift",
    "DirectEdge",
    "DropLatent",
    "Imbalanced",
    "LabelShift",
    "LowRank",
    "RandomSign",
    "Selected",
    "SignedEdge",
    "SquareTarget",
    "StudentTails",
    "TruncateTarget",
]
