"""What the docstrings of studies quote: results, and the sizes and dials that are none."""

from __future__ import annotations

from tests.docs.held import Said, table
from tests.docs.said_findings import by_sign

DIALS = {
    "likelihood/collapse.py": ["1e-4"],
    "peers/masked_spikes.py": ["Printed: .5204 for PCA and .2485 for the contrast."],
    "peers/redundant.py": ["1 - 1 / 1.5 = 1/3"],
    "successors/league.py": ["in .6 of the pairs", ".7, .2, .1, the views"],
    "successors/negatives.py": ["shares .55, .25, .15, .05.", "weight 1e-4", "correlations 0.8 and", "rho_2 < 0.64"],
    "tasks/league.py": [".8"],
    "tasks/linearity.py": [".3"],
    "tasks/unequal_noise.py": ["(20.05 - h, 20.05 + h)", "from .1 to 40"],
    "violations/learners.py": ["eps_CI = .8"],
    "violations/rank_and_conditioning.py": ["from 1 to 1e-3"],
    "violations/tails_imbalance_shift.py": ["from .16 to 256"],
}


def signs() -> list[Said]:
    """The risks of I14 without a design, and those of the study."""
    names = ("aligned", "anti-aligned", "harmful", "neutral", "none")
    return [
        Said("A of norm 2.5"),
        Said("(.037, .541, .306, .185 and .177)"),  # given with I14, whose design is not known
        Said("they give {}, {}, {}, {} and {}, so", *map(by_sign, names)),
    ]


def crossings() -> list[Said]:
    """The laws whose crossings are measured one by one."""
    found = table("violations/when_it_pays", "crossings")
    tau = found[~found["label"].str.startswith("map")]["tau"]
    return [Said("tau lies between {} and {}, at eps_CI = 0", tau.min(), tau.max())]


def scripts(path: str) -> list[Said]:
    """What the docstring of a script below experiments/ says."""
    own = {"violations/sign_of_a_leak.py": signs, "violations/when_it_pays.py": crossings}
    return own[path]() if path in own else [Said(text) for text in DIALS.get(path, [])]
