"""Verify a counterexample in fractions: python checker.py certificate.json

Written to be read: it imports fractions, json and sys only, and shares no code with the search that found the law.
"""

import json
import sys
from fractions import Fraction as F


def solve(a, b):  # some x with a x = b, free unknowns 0; the systems here are consistent
    rows, pivots = [[*map(F, r), *map(F, s)] for r, s in zip(a, b)], []
    for c in range(len(a[0])):
        p = len(pivots)
        best = next((i for i in range(p, len(rows)) if rows[i][c]), None)
        if best is not None:
            rows[p], rows[best] = rows[best], rows[p]
            rows[p] = [v / rows[p][c] for v in rows[p]]
            rows = [r if i == p else [v - r[c] * w for v, w in zip(r, rows[p])] for i, r in enumerate(rows)]
            pivots.append(c)
    width, n = len(b[0]), len(a[0])
    return [rows[pivots.index(c)][n:] if c in pivots else [F(0)] * width for c in range(n)], len(pivots)


def t(a):
    return [list(c) for c in zip(*a)]


def mul(a, b):
    return [[sum(x * y for x, y in zip(r, c)) for c in t(b)] for r in a]


def pinv(a):
    g = mul(a, t(a))
    return mul(t(a), solve(mul(g, g), g)[0])


def fit(w, x, y):  # values of the least squares of the rows of y on those of x, weights w
    if not x:
        return [[F(0)] * len(w) for _ in y]
    xw = [[v * q for v, q in zip(r, w)] for r in x]
    return mul(t(solve(mul(xw, t(x)), mul(xw, t(y)))[0]), x)


def positive(a):  # all pivots positive
    a = [list(r) for r in a]
    for i in range(len(a)):
        if a[i][i] <= 0:
            return False
        a[i + 1 :] = [[v - r[i] / a[i][i] * u for v, u in zip(r, a[i])] for r in a[i + 1 :]]
    return True


class Law:
    def __init__(self, says):
        cells, n = {}, 0
        for y, label in enumerate(says["counts"]):
            for z, state in enumerate(label):
                for a, row in enumerate(state):
                    for b, c in enumerate(row):
                        key = (y, z), tuple(says["v1"][a]), tuple(says["v2"][b])
                        cells[key] = cells.get(key, 0) + c
                        n += c
        cells = {key: F(c, n) for key, c in cells.items() if c}
        self.S, self.X1, self.X2 = (sorted({key[i] for key in cells}) for i in range(3))
        self.T = [[[cells.get((s, a, b), F(0)) for b in self.X2] for a in self.X1] for s in self.S]
        self.counts, self.n, self.k = says["counts"], n, len(says["counts"])
        s1 = [[sum(r) for r in m] for m in self.T]
        s2 = [[sum(c) for c in zip(*m)] for m in self.T]
        self.s1, self.s2, self.q = s1, s2, [sum(r) for r in s1]
        self.w, self.w2 = [sum(c) for c in zip(*s1)], [sum(c) for c in zip(*s2)]
        self.both = [[sum(c) for c in zip(*r)] for r in zip(*self.T)]
        self.M = [[F(y == s[0]) for s in self.S] for y in range(self.k)]
        self.fbar = [[v / u for v, u in zip(r, self.w)] for r in s1]
        self.f = mul(self.M, self.fbar)
        self.psi = t([[v / u for v in r] for r, u in zip(mul(self.both, self.X2), self.w)])
        self.means = [[v / u for v in r] for r, u in zip(mul(s2, self.X2), self.q)]
        mass = [sum(m * u for m, u in zip(r, self.q)) for r in self.M]
        weighted = [[u * v for v in r] for r, u in zip(self.means, self.q)]
        self.A = [[v / u for v in r] for r, u in zip(mul(self.M, weighted), mass)]
        self.one, self.x = [[F(1)] * len(self.w)], t([list(map(F, x)) for x in self.X1])
        self.gap = self.minus(self.psi, mul(t(self.means), self.fbar))
        self.gap_y = self.minus(self.psi, mul(t(self.A), self.f))
        self.p, self.e_keep, self.explained = self, Each(self.keep), Each(self.explain_one)

    def __getitem__(self, place):
        y, z, a, b = map(int, place)
        return F(self.counts[y][z][a][b], self.n)

    def minus(self, a, b):
        return [[u - v for u, v in zip(r, s)] for r, s in zip(a, b)]

    def size(self, a):
        return sum(q * v * v for r in a for q, v in zip(self.w, r))

    def rest(self, x, y):
        return self.size(self.minus(y, fit(self.w, x, y)))

    def keep(self, i):
        return self.rest(self.one + [self.psi[i]], self.f)

    def explain_one(self, i):
        return self.rest(self.one, [self.psi[i]])

    def read(self, intercept):  # W with W' means' = M, or None
        m, r = self.means, self.M
        if intercept:
            m = [[v - sum(c) / len(m) for v, c in zip(row, zip(*m))] for row in m]
            r = [[v - sum(row) / len(row) for v in row] for row in r]
        w = mul(pinv(m), t(r))
        return (w if mul(m, w) == t(r) else None), m

    def beta_exceeds(self, level, intercept):
        w, _ = self.read(intercept)
        if w is None or not any(map(any, w)):
            return level < 0
        square = mul(t(w), w)
        return level <= 0 or positive([[(i == j) - level * v for j, v in enumerate(r)] for i, r in enumerate(square)])

    def __getattr__(self, name):
        one, f, x, psi = self.one, self.f, self.x, self.psi
        if name in ("e_apx", "e_apx_origin"):
            return self.rest(one * (name == "e_apx") + psi, f)
        if name in ("e_linear", "e_strict"):
            return self.rest(one + fit(self.w, one * (name == "e_linear") + x, psi), f)
        if name in ("eps2", "eps2_y"):
            return self.size(self.gap if name == "eps2" else self.gap_y)
        if name in ("eps2_linear", "eps2_linear_y"):
            gap = self.gap if name == "eps2_linear" else self.gap_y
            return self.rest(one, gap) - self.rest(one + x, gap)
        if name in ("floor", "var_f", "var_psi"):
            return self.rest(one + (x if name == "floor" else []), psi if name == "var_psi" else f)
        if name == "bayes":
            return 1 - self.size(f)
        if name == "landmark":
            back = [[sum(p * v for p, v in zip(c, r)) / u for c, u in zip(zip(*self.both), self.w2)] for r in f]
            return self.size(f) - sum(u * v * v for r in back for v, u in zip(r, self.w2))
        if name in ("loss1", "loss2", "via"):
            f2 = mul(self.M, [[v / u for v, u in zip(r, self.w2)] for r in self.s2])
            via = [[sum(p * v for p, v in zip(b, r)) / u for b, u in zip(self.both, self.w)] for r in f2]
            cells = [
                (y, a, b)
                for y in range(self.k)
                for a in range(len(x[0]))
                for b in range(len(self.X2))
                if self.both[a][b]
            ]
            best = {
                c: sum(m * s[c[1]][c[2]] for m, s in zip(self.M[c[0]], self.T)) / self.both[c[1]][c[2]] for c in cells
            }
            guess = {
                "loss1": lambda y, a, b: f[y][a],
                "loss2": lambda y, a, b: f2[y][b],
                "via": lambda y, a, b: via[y][a],
            }[name]
            return sum(self.both[a][b] * (guess(y, a, b) - best[y, a, b]) ** 2 for y, a, b in cells)
        if name in ("sharper", "signed", "signed_origin"):
            w, m = self.read(name != "signed_origin")
            g = t(mul(t(self.gap), w))
            if name != "sharper":
                read = [[u + v for u, v in zip(r, s)] for r, s in zip(f, g)]
                return self.rest(one * (name == "signed") + read, f)
            null = [[(i == j) - v for j, v in enumerate(r)] for i, r in enumerate(mul(pinv(m), m))]
            return self.rest(t(mul(t(self.gap), null)), g)
        if name == "pinv2":
            cross = t([[u * v for v in r] for r, u in zip(self.means, self.q)])
            return sum(v * v for r in mul([[m * u for m, u in zip(r, self.q)] for r in self.M], pinv(cross)) for v in r)
        if name in ("beta2", "beta2_origin"):
            return 1 / sum(v * v for r in self.read(name == "beta2")[0] for v in r)
        if name in ("rank", "affine_rank"):
            m = self.means if name == "rank" else self.read(True)[1]
            return F(solve(m, [[0]] * len(m))[1])
        if name in ("states", "solvable"):
            return F(len(self.S) if name == "states" else self.read(True)[0] is not None)
        if name == "diam2":
            return F(max(sum((u - v) ** 2 for u, v in zip(p, q)) for p in self.X2 for q in self.X2))
        if name == "dependence":
            parts = zip(self.T, self.s1, self.s2, self.q)
            return (
                sum(abs(m[a][b] - u * v / q) for m, r, s, q in parts for a, u in enumerate(r) for b, v in enumerate(s))
                / 2
            )
        raise AttributeError(name)


class Each:
    def __init__(self, of):
        self.of = of

    def __getitem__(self, i):
        return self.of(int(i))


def number(text, laws):
    assert all(c.isalnum() or c in " _.[],+-*/()" for c in text) and "__" not in text, "no formula"
    words = "".join(c if c.isalnum() or c in "_." else " " for c in text).split()
    names = {
        w: getattr(laws[0], w) for w in words if w.isidentifier() and len(laws) == 1 and w not in ("min", "max", "abs")
    }
    names |= dict(zip(("one", "two"), laws)) if len(laws) == 2 else {}
    whole = "".join(f"F({w})" if w.isdigit() else w for w in tokens(text))
    return eval(whole, {"__builtins__": {}, "F": F, "min": min, "max": max, "abs": abs, **names})


def tokens(text):
    word = ""
    for c in text + " ":
        if c.isalnum() or c in "_.":
            word += c
        else:
            yield from (word, c)
            word = ""


def contradicted(formula, laws):
    left, right = (number(formula[side], laws) for side in ("left_text", "right_text"))
    if "beta" in formula:
        name = formula["beta"].split(".")
        law = laws[name[0] == "two"] if len(name) == 2 else laws[0]
        return left, right, right < 0 if left == 0 else law.beta_exceeds(right / left, name[-1] == "beta2")
    return left, right, {"<=": left > right, "<": left >= right, "==": left != right}[formula["sign"]]


def flat(value):
    value = [v for v in value.values() if not isinstance(v, str)] if isinstance(value, dict) else value
    return sum(map(flat, value), []) if isinstance(value, list) else [value]


def main(path):
    with open(path, encoding="utf-8") as file:
        says = json.load(file)
    total = 0
    for v in flat(says["laws"]):
        total = (31 * total + v + 7) % (2**61 - 1)
    assert total == says["sum"], "the numbers were changed"
    assert says["kind"] == "rational", "a certificate in floats: use testbed falsify --verify"
    laws = [Law(law) for law in says["laws"]]
    assert not any(contradicted(a, laws)[2] for a in says["assume"]), "an assumption does not hold"
    left, right, wrong = contradicted(says, laws)
    assert (str(left), str(right)) == (says["left"], says["right"]), f"the sides are {left} and {right}"
    assert wrong, "the claim holds on this law"
    print(f"verified: {says['claim']} is refuted, {left} against {right}")


if __name__ == "__main__":
    main(sys.argv[1])
