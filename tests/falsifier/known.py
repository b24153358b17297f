"""False claims, with the family in which each falls, and claims that must survive."""

from __future__ import annotations

from testbed.falsifier import Family, Graphs, IndependentTables, Tables

FALSE: dict[str, tuple[str, Family, list[str]]] = {
    "at equal beta, e_apx grows with eps_CI": (
        "one.e_apx <= two.e_apx",
        Tables(k=2, s1=3, s2=2, d2=1),
        ["one.beta2 == two.beta2", "one.eps2 < two.eps2"],
    ),
    "eps_CI = 0 implies independence given Y": ("dependence <= 0", Tables(k=1, s1=2, s2=3, d2=1), ["eps2 == 0"]),
    "a finite pseudo-inverse beta implies the bound": (
        "e_apx_origin <= eps2 * pinv2",
        IndependentTables(k=2, s1=2, s2=2, d2=1),
        ["ci"],
    ),
    "a lower pretext loss implies a lower e_apx": (
        "e_keep[0] <= e_keep[1]",
        Tables(k=2, s1=3, s2=3, d2=2),
        ["explained[0] > explained[1]"],
    ),
    "the 0-1 error is at most phi / lambda": ("error[2] * lam[3] <= phi", Graphs(s=3), []),
    "refining Z lowers eps_CI": ("eps2 <= eps2_y", Tables(k=1, m=2, s1=2, s2=2, d2=1), []),
    "the signed bound is an equality at d2 = k": ("e_apx == signed", Tables(k=2, s1=3, s2=3, d2=2), ["full rank"]),
    "a pretext without a constant obeys the bound": (
        "e_strict <= floor",
        IndependentTables(k=2, s1=3, s2=2, d2=1),
        ["ci", "affine rank"],
    ),
}
TRUE: dict[str, tuple[str, Family, list[str]]] = {
    "I6, with an intercept": ("e_apx * beta2 <= eps2", Tables(), ["solvable"]),
    "I6, without": ("e_apx_origin * beta2_origin <= eps2", Tables(), []),
    "I6 with a latent": ("e_apx * beta2 <= eps2", Tables(m=(1, 2), d2=(1, 3)), ["solvable"]),
    "I7": ("e_apx <= sharper", Tables(), ["solvable"]),
    "I12": ("via <= loss1 + loss2", Tables(), []),
    "I14": ("e_apx <= signed", Tables(), ["solvable"]),
    "Lemma 3.1": ("e_apx == 0", IndependentTables(), ["ci", "affine rank"]),
    "I9": ("floor <= e_linear", Tables(d1=(1, 2)), []),
    "Pinsker's bound of eps_CI": ("eps2 <= diam2 / 2 * information", Tables(d2=(1, 2)), []),
    "graph bound of the squared error": ("risk[2] * lam[3] <= phi", Graphs(), []),
    "graph bound of the 0-1 error": ("error[2] * lam[3] <= 2 * phi", Graphs(), []),
}
