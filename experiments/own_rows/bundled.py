"""Do pairs save labels on rows that nobody simulated?

Three data sets that come with scikit-learn, each cut into two views: the left half of a digit is x1 and the right half
x2, with the digit as the label; the first seven measurements of a wine and its other six, with the cultivar; the means
of ten features over the nuclei of a breast tumour and their largest values, with the diagnosis. Their law is not known,
so that there is no excess risk, no eps_CI and no bound: what stands in the rows is the squared error on a quarter of
them, held out and drawn anew in each repetition, with its standard error over these rows.

All methods of a repetition share their pairs, labelled rows and rows held out. Error bars are over repetitions, which
share one table: they say how well the mean over splits of these rows is known, and not how far another table of the
same law would be (label_mse_se does, for one split).
"""

from typing import Any

from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.neighbors import KNeighborsRegressor

from testbed import Experiment, FromRows
from testbed.pretexts import CCA, PCA, Predict, Raw, RidgeCCA
from testbed.regressors import OLS, Sklearn
from testbed.report import Figure, Named, Panel, Table

images, digit = load_digits().images, load_digits().target
left, right = (half.reshape(len(images), -1) for half in (images[:, :, :4], images[:, :, 4:]))
measured, cultivar = load_wine(return_X_y=True)
measured /= measured.std(axis=0)  # units of the measurements are arbitrary
nuclei, diagnosis = load_breast_cancer(return_X_y=True)
nuclei /= nuclei.std(axis=0)

DIGITS = FromRows(left, right, digit, name="digits")
WINE = FromRows(measured[:, :7], measured[:, 7:], cultivar, name="wine")
TUMOURS = FromRows(nuclei[:, :10], nuclei[:, 20:], diagnosis, name="tumours")

NEAREST = Sklearn(KNeighborsRegressor(5))
ALL = Named("pretext", {"$x_1$ itself": Raw(), "regression of $x_2$": Predict(OLS())})
TEN = ALL | Named("pretext", {"CCA": CCA(10), "PLS": RidgeCCA(10), "PCA": PCA(10)})
TWO = ALL | Named("pretext", {"CCA": CCA(2), "PLS": RidgeCCA(2), "PCA": PCA(2)})
ITSELF = TWO.only("$x_1$ itself", "CCA", "PLS", "PCA")  # views of ten columns each: the regression is x1 turned
COMMON: dict[str, Any] = {"name": "own_rows_bundled", "repeats": 40, "extra": ["error01"]}
EXPERIMENT = (
    Experiment(
        generator=[DIGITS],
        pretext=TEN.of("pretext"),
        probe=[OLS(), NEAREST],
        n_unlabeled=[900],
        n_labeled=[60, 100, 200, 400],
        **COMMON,
    )
    + Experiment(
        generator=[WINE], pretext=TWO.of("pretext"), probe=[OLS()], n_unlabeled=[80], n_labeled=[15, 25, 50], **COMMON
    )
    + Experiment(
        generator=[TUMOURS],
        pretext=TWO.of("pretext"),
        probe=[OLS()],
        n_unlabeled=[300],
        n_labeled=[15, 20, 40, 100],
        **COMMON,
    )
)

FIGURES = [
    Figure(
        [
            Panel(title, "n_labeled", names.curves(), y=y, where=where, xscale="log", yscale="log")
            for title, names, y, where in (
                ("halves of digits", TEN, "label_mse", {"generator": DIGITS, "probe": OLS()}),
                ("halves of digits, 5 neighbours", TEN, "error01", {"generator": DIGITS, "probe": NEAREST}),
                ("wine", TWO, "label_mse", {"generator": WINE}),
                ("tumours", ITSELF, "label_mse", {"generator": TUMOURS}),
            )
        ],
        caption=(
            r"A quarter of the rows held out; CCA, PLS and PCA keep 10 dimensions of halves of digits and 2 "
            r"elsewhere. (a) 900 pairs, least squares. Some pixels are lit in a few images only: what the regression "
            r"and CCA make of them is far off on some rows held out, so that their means hang on few repetitions. (b) "
            r"The same representations under 5 nearest neighbours: with 60 labels PLS errs on <<pls 60>>, $x_1$ "
            r"itself on <<raw 60>>; with 400, <<pls 400>> and <<raw 400>>. (c) 80 pairs, least squares. With 15 "
            r"labels two dimensions of CCA have <<cca 15>>, $x_1$ itself <<raw 15>>; with 50, <<cca 50>> and <<raw "
            r"50>>. (d) 300 pairs, least squares; the regression of ten columns on ten is $x_1$ itself. With 20 labels "
            r"two dimensions of PLS have <<pls 20>>, $x_1$ itself <<raw 20>>; with 100, <<pls 100>> and <<raw 100>>. "
            r"Two dimensions of CCA keep what the views share most, and less of the diagnosis: <<cca 100>>."
        ),
        numbers={
            f"{name} {n2}": names.quote(label, column=y, where={**where, "n_labeled": n2}, digits=3)
            for names, y, where, sizes, shown in (
                (
                    TEN,
                    "error01",
                    {"generator": DIGITS, "probe": NEAREST},
                    (60, 400),
                    {"pls": "PLS", "raw": "$x_1$ itself"},
                ),
                (TWO, "label_mse", {"generator": WINE}, (15, 50), {"cca": "CCA", "raw": "$x_1$ itself"}),
                (
                    ITSELF,
                    "label_mse",
                    {"generator": TUMOURS},
                    (20, 100),
                    {"pls": "PLS", "raw": "$x_1$ itself", "cca": "CCA"},
                ),
            )
            for n2 in sizes
            for name, label in shown.items()
        },
    )
]
TABLES = [
    Table(
        "Squared error on rows held out, halves of digits, least squares",
        {"generator": DIGITS, "probe": OLS()},
        "label_mse",
        columns=["pretext"],
        labels=TEN.texts,
    ),
    Table(
        "Squared error on rows held out, wine",
        {"generator": WINE},
        "label_mse",
        columns=["pretext"],
        labels=TWO.texts,
        name="wine",
    ),
    Table(
        "Squared error on rows held out, tumours",
        {"generator": TUMOURS},
        "label_mse",
        columns=["pretext"],
        labels=TWO.texts,
        name="tumours",
    ),
]
