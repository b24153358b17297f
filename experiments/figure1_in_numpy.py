"""The main cells of results/lee2021_controlled again, with numpy and nothing else: for referees and for lectures.

    python figure1_in_numpy.py [repetitions]

Each repetition draws pairs (x1, x2), fits a representation psi of x1 that predicts x2, draws labelled rows (x1, y), and
fits y by least squares on psi. A prediction of y is linear in x1, so its risk follows from covariances that are known,
without test rows. Printed are the panel, the method, k, n1, n2, eps_CI, the mean, its standard error and, where a
formula is known, what the theory says.

The law. U has k independent N(0, 1) labels y, or is the indicator of one of k equally likely classes. Then
    x1 = s U + e1 in the first k coordinates, e1 ~ N(0, I); the other coordinates are noise alone;
    x2 = U + sqrt(1 - rho^2) e2 + rho e1', e2 ~ N(0, I), e1' the next k coordinates of x1; noise alone beyond them.
At rho = 0 the views are independent given y. With rho > 0 they are not, and eps_CI = rho sqrt(k).
"""

import sys

import numpy as np

KS = (3, 6, 11, 18, 27)


def covariances(k, d, s, rho, classes):
    """Cov(x1), Cov(x1, x2) and Cov(x1, y)."""
    u = np.eye(k) / k - 1 / k**2 if classes else np.eye(k)  # Cov(U)
    s11, s12, s1y = np.eye(d[0]), np.zeros(d), np.zeros((d[0], k))
    s11[:k, :k] += s**2 * u
    s12[:k, :k], s1y[:k] = s * u, s * u
    leak = min(k, d[0] - k)
    s12[k : k + leak, :leak] = rho * np.eye(leak)
    return s11, s12, s1y


def draw(rng, n, k, d, s, rho, classes):
    """n rows of x1, x2 and y, whose true means are 0: those of classes are taken off, which no method knows."""
    y = np.eye(k)[rng.integers(k, size=n)] - 1 / k if classes else rng.standard_normal((n, k))
    x1, x2 = rng.standard_normal((n, d[0])), rng.standard_normal((n, d[1]))
    leak = min(k, d[0] - k)
    x2[:, :leak] = np.sqrt(1 - rho**2) * x2[:, :leak] + rho * x1[:, k : k + leak]
    x1[:, :k] += s * y
    x2[:, :k] += y
    return x1, x2, y


def risk(s11, s1y, coefficients):
    """E|prediction - best linear prediction of y from x1|^2, for a prediction that is linear in x1."""
    off = coefficients - np.linalg.solve(s11, s1y)
    return np.trace(off.T @ s11 @ off)


def floor(s11, s1y, b):
    """The least risk of a prediction that sees x1 through b alone."""
    return risk(s11, s1y, b @ np.linalg.lstsq(b.T @ s11 @ b, b.T @ s1y, rcond=1e-12)[0])


def repetition(rng, law, n1, n2, rank):
    """Risks of one repetition: in all, above what psi keeps of y, and what psi loses against psi*."""
    k, classes = law["k"], law["classes"]
    s11, s12, s1y = covariances(**law)
    best = np.linalg.solve(s11, s12)  # psi* = E[x2 | x1], or the best linear prediction of x2: x1 @ best
    b = np.linalg.svd(best)[0][:, : k - classes] if law["rho"] == 0 else best
    if rank:  # psi is learnt: least squares, then its leading directions (reduced-rank regression)
        x1, x2, _ = draw(rng, n1, **law)
        x1, x2 = (x1 - x1.mean(0), x2 - x2.mean(0)) if classes else (x1, x2)
        b = np.linalg.solve(x1.T @ x1, x1.T @ x2)
        b = b @ np.linalg.svd(np.linalg.cholesky(x1.T @ x1).T @ b)[2][:rank].T
    x1, _, y = draw(rng, n2, **law)
    at_x, at_y = (x1.mean(0), y.mean(0)) if classes or k == 1 else (np.zeros(x1.shape[1]), np.zeros(k))
    w = b @ np.linalg.lstsq((x1 - at_x) @ b, y - at_y, rcond=None)[0]  # through (at_x, at_y): with an intercept, or not
    found = risk(s11, s1y, w) + np.sum((at_y - at_x @ w) ** 2)
    least = floor(s11, s1y, b)
    return {"risk": found, "estimation": found - least, "lost": least - floor(s11, s1y, best), "floor": least}


def cell(name, what, law, n1, n2, rank, theory, repetitions):
    """Print the mean of one cell and its standard error. Each cell has a seed of its own."""
    rng = np.random.default_rng([2021, *name.encode(), law["k"], n1, n2, round(1000 * law["rho"])])
    values = np.array([repetition(rng, law, n1, n2, rank)[what] for _ in range(repetitions)])
    error = values.std(ddof=1) / np.sqrt(repetitions)
    numbers = [law["k"], n1, n2, law["rho"] * np.sqrt(law["k"]), values.mean(), error, theory]
    print(name.ljust(34), *(f"{number:11.5g}" for number in numbers))


if __name__ == "__main__":
    r = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print("panel, method".ljust(34), *(w.rjust(11) for w in ("k", "n1", "n2", "eps_CI", "mean", "s.e.", "theory")))
    labels = {k: {"k": k, "d": (40, 40), "s": np.sqrt(2 * k - 1), "rho": 0.0, "classes": False} for k in KS}
    classes = {k: {"k": k, "d": (40, 40), "s": np.sqrt(k - 2), "rho": 0.0, "classes": True} for k in KS}
    for k, n2 in [(k, 1000) for k in KS] + [(6, n2) for n2 in (27, 47, 87, 167, 327, 647)]:
        panel, exact = "(a)" if n2 == 1000 else "(b)", 0.5 * k / (n2 - k - 1)
        cell(f"{panel} labels, psi*", "estimation", labels[k], 0, n2, 0, exact, r)
        cell(f"{panel} labels, psi of rank k", "estimation", labels[k], 1000, n2, k, np.nan, r)
        cell(f"{panel} classes, psi*", "estimation", classes[k], 0, n2, 0, np.nan, r)
    for eps in (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0):
        law = {"k": 1, "d": (4, 1), "s": 1.0, "rho": eps, "classes": False}
        cell("(c) one label with a leak, psi*", "floor", law, 0, 1000, 0, eps**2 / (1 + 2 * eps**2), 2)
        cell("(c) the same with 1,000 labels", "risk", law, 0, 1000, 0, np.nan, r)
    for n1 in (1000, 4000, 16000):
        law = {"k": 3, "d": (20, 20), "s": np.sqrt(5), "rho": 0.0, "classes": False}
        cell("(f) labels, psi of rank k", "lost", law, n1, 1000, 3, np.nan, r)
