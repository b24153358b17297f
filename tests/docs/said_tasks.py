"""What experiments/tasks/README.md quotes of leagues, labels, linearity and rank, and where it is in results/tasks/."""

from __future__ import annotations

from functools import partial

import pandas as pd

from tests.docs.held import Said, at, lines, table
from tests.docs.said_findings import CROSSING, UNIVERSAL

TWO = ("CCA(2)", "Predict(ReducedRank(2))")
MOST, FEW = 100_000, 1000
SPECTRAL, INFONCE, LOGISTIC = (f'ContrastiveNetwork("{loss}"' for loss in ("spectral", "infonce", "logistic"))
NETWORKS = ("DeepCCA", SPECTRAL, INFONCE, LOGISTIC)


def of(study: str, column: str, law: str, *tasks: str, **where: object) -> list[float]:
    """A column for each of some tasks on one law."""
    cells = [at(f"tasks/{study}", column, generator=law, pretext=task, **where) for task in tasks]
    return [value for values in cells for value in values]


def league() -> list[Said]:
    intrinsic = partial(of, "league", "intrinsic", "Factors", n_unlabeled=MOST)
    risk = partial(of, "league", "excess_risk")
    one = ("PCA(2)", "Denoising", "Truncated(Pseudo", "Instance", "Posterior(Probabilistic")
    assert max(map(abs, intrinsic(*TWO, "Posterior(Factor"))) < 1e-9
    return [
        Said(
            "of the {} that x1 explains of the label PCA leaves {}, masked denoising {}, pseudo-likelihood {}, factor",
            2.0 - at("tasks/league", "bayes_noise", generator="Factors"),
            intrinsic("PCA"),
            intrinsic("Denoising"),
            intrinsic("Truncated(Pseudo"),
        ),
        Said(
            "CCA and the regression are at {} for ever, PCA at {}, as",
            risk("DirectEdge", *TWO, n_unlabeled=MOST),
            [*risk("DirectEdge", "PCA", n_unlabeled=MOST), *risk("CleanMixture", "PCA", n_unlabeled=MOST)],
        ),
        Said(
            "one-view tasks {} to {} (factor analysis {}), CCA and the regression {}.",
            min(risk("ExchangeableViews()", *one, n_unlabeled=MOST)),
            max(risk("ExchangeableViews()", *one, n_unlabeled=MOST)),
            risk("ExchangeableViews()", "Posterior(Factor", n_unlabeled=MOST),
            risk("ExchangeableViews()", *TWO, n_unlabeled=MOST),
        ),
        Said(
            "a dearer estimate ({} against {} at 1,000 pairs)",
            risk("ExchangeableViews(w=0.5)", TWO[1], n_unlabeled=FEW),
            risk("ExchangeableViews()", TWO[1], n_unlabeled=FEW),
        ),
    ]


def neural() -> list[Said]:
    risk = partial(of, "neural_league", "excess_risk")
    linear = ("PCA", "Instance", "Predict(ReducedRank", "Autoencoder")
    low, high = (of("neural_league", f"excess_risk_{end}", "GaussianMixture", "DeepCCA", n_unlabeled=MOST)
                 for end in ("low", "high"))  # fmt: skip
    few = risk("CleanMixture", *NETWORKS, n_unlabeled=FEW)
    slopes = table("tasks/neural_league", "slopes").set_index("label")["slope"]
    spectral = slopes[slopes.index.str.endswith("spectral")]
    deep = slopes[slopes.index.str.endswith("deep CCA") & ~slopes.index.str.startswith("parity")]
    laws = ("CleanMixture", "RandomSign", "GaussianMixture", "ExchangeableViews")
    rest = [value for law in laws for value in risk(law, INFONCE, LOGISTIC, n_unlabeled=MOST)]
    best = [value for law in laws for value in risk(law, SPECTRAL, n_unlabeled=MOST)]
    return [
        Said(
            "of the regression is at {}, that of a constant; from 10^5 pairs the spectral loss is at {}, deep CCA at "
            "{}, InfoNCE at {}.",
            risk("RandomSign", UNIVERSAL),
            *([risk("RandomSign", task, n_unlabeled=MOST)] for task in (SPECTRAL, "DeepCCA", INFONCE)),
        ),
        Said(
            "linear tasks at {}, the spectral loss at {} from 10^4 pairs, regression by a network at {}, deep CCA with "
            "its one output at {} ({} to {}) from 10^5",
            risk("GaussianMixture", *linear, n_unlabeled=10_000),
            risk("GaussianMixture", SPECTRAL, n_unlabeled=10_000),
            risk("GaussianMixture", "Truncated(Predict(Network(", n_unlabeled=10_000),
            risk("GaussianMixture", "DeepCCA", n_unlabeled=MOST),
            low,
            high,
        ),
        Said(
            "on clean classes ({} to {}) than having no task does ({}); a kernel regression has {}.",
            min(few),
            max(few),
            risk("CleanMixture", "Raw()", n_unlabeled=FEW),
            risk("CleanMixture", "Truncated(Predict(Nystroem", n_unlabeled=FEW),
        ),
        Said(
            "exponents from {} to {} for the spectral loss, and from {} to {} for deep CCA",
            spectral.max(),
            spectral.min(),
            deep.max(),
            deep.min(),
        ),
        Said(
            "are at {} to {} from 10^5 pairs, where the spectral loss is at {} to {}.",
            min(rest),
            max(rest),
            min(best),
            max(best),
        ),
    ]


def multiplier(label: str, baseline: str, level: float, *columns: str) -> list[float]:
    """Columns of multipliers.csv."""
    found = table("tasks/label_efficiency", "multipliers")
    found = found[(found["label"] == label) & (found["baseline"] == baseline) & (found["level"] == level)]
    (row,) = found[[*columns]].to_numpy()
    return [float(value) for value in row]


def labels() -> list[Said]:
    cca, curved = "factors, unequal noise: CCA", "classes: regression, kernel probe"
    ends = ("multiplier", "multiplier_low", "multiplier_high")
    others = ("OLS", "network", "kernel ridge")
    saved = [multiplier(cca, name, level, "multiplier")[0] for name in ("OLS", "ridge") for level in (0.1, 0.02)]
    floors = table("tasks/label_efficiency").loc[lambda d: d["class_floor"] > 0]
    floors = floors[floors["generator"].str.startswith("CleanMixture")]["class_floor"]
    return [
        Said(
            "at risk 0.1 CCA needs {} labels, ridge on x1 {} for each of them (95%: {} to {}), OLS {}, the network {}, "
            "kernel ridge {}; at 0.02, {}, {} and for the last two more than {}.",
            *multiplier(cca, "ridge", 0.1, "n_task", *ends),
            *(multiplier(cca, name, 0.1, "multiplier") for name in others),
            *(multiplier(cca, name, 0.02, "multiplier") for name in ("ridge", "OLS")),
            [multiplier(cca, name, 0.02, "multiplier_low")[0] for name in others[1:]],
        ),
        Said(
            "PCA (floor {}) and masked denoising ({}) are",
            multiplier("factors, unequal noise: PCA", "OLS", 0.1, "floor"),
            multiplier("factors, unequal noise: masked denoising", "OLS", 0.1, "floor"),
        ),
        Said("linear read-outs stop at {};", floors),
        Said(
            "needs {} labels for 0.06, the network {} for each of them ({} to {}).",
            *multiplier(curved, "network", 0.06, "n_task", *ends),
        ),
        Said(
            "ridge needs {} for each of its labels at 0.4 ({} to {}).",
            *multiplier("exchangeable views: PCA", "ridge", 0.4, *ends),
        ),
        Said("CCA saves a factor of {} to {} against", min(saved), max(saved)),
    ]


def read(law: str, probe: str, labels: int, column: str, *tasks: str) -> list[float]:
    """A column of the study of linearity."""
    return of("linearity", column, law, *(t if t == "Raw()" else f"Optimum({t}" for t in tasks), probe=probe,
              n_labeled=labels)  # fmt: skip


def linearity() -> list[Said]:
    spectral, views = 'Contrastive("spectral"', "ExchangeableViews"
    return [
        Said("30 points, CI holds: {} of the label", read("CleanFinite()", "OLS", 1000, "not_linear", "Raw()")),
        Said("of rank 3 leaves {} not linear", read("CleanFinite(m=2)", "OLS", 1000, "not_linear", spectral)),
        Said(
            "PCA loses {} for every probe; CCA loses nothing and leaves {} not linear, which a kernel probe brings to "
            "{} at 10,000 labels (on x1: {}).",
            read(views, "OLS", 10_000, "information_lost", "PCA(2)"),
            read(views, "OLS", 10_000, "not_linear", "CCA(2)"),
            read(views, "Nystroem", 10_000, "excess_risk", "CCA(2)"),
            read(views, "Nystroem", 10_000, "excess_risk", "Raw()"),
        ),
        Said("loses all of the label, {};", read("RandomSign", "OLS", 1000, "information_lost", *TWO)),
        Said(
            "on spectral features has {}, the kernel probe on x1 {}.",
            read("CleanFinite()", "OLS", 1000, "excess_risk", spectral),
            read("CleanFinite()", "KernelRidge", 1000, "excess_risk", "Raw()"),
        ),
    ]


def rank() -> list[Said]:
    def by(task: str, labels: int, column: str = "excess_risk") -> pd.Series:
        found = lines("tasks/rank", generator="ExchangeableViews", pretext=task, n_labeled=labels)
        return found.set_index("pretext.rank")[column]

    cca = {n: by("CCA", n) for n in (40, 100, 300, 1000)}
    pca, seven = lines("tasks/rank", pretext="PCA(7)"), lines("tasks/rank", pretext="CCA(7)", n_labeled=1000)
    crossing = table("tasks/rank", "crossings").set_index("label")[[*CROSSING]].T
    return [
        Said(
            "for CCA it is {} at 40 labels ({}, seven have {}), {} at 100 ({}), {} at 300 ({}); seven are better than "
            "three from {} labels on (95%: {} to {}).",
            cca[40].idxmin(),
            cca[40].min(),
            cca[40][7],
            cca[100].idxmin(),
            cca[100].min(),
            cca[300].idxmin(),
            cca[300].min(),
            *crossing["CCA: $r=7$ against 3"],
        ),
        Said("better than one from {} on ({} to {})", *crossing["PCA: $r=20$ against 1"]),
        Said(
            "seven principal components lack is {}, all but {} of it lost",
            pca["intrinsic"],
            pca["not_linear"],
        ),
        Said("have lost nothing, and {} is not linear.", seven["not_linear"]),
        Said("x1 itself is best ({}): 3,000 pairs leave {} of", cca[1000].min(), seven["pretext_part"]),
        Said(
            "from {} labels on with ACE ({} to {}), from {} with the regression ({} to {});",
            *crossing["ACE: $r=11$ against 3"],
            *crossing["regression: $r=11$ against 3"],
        ),
    ]


def leagues() -> list[Said]:
    return [*league(), *neural(), *labels(), *linearity(), *rank()]
