"""Every column of rows.csv, once: what it is called, what it means, and how repetitions are averaged.

A new column is an entry here and its computation in testbed/evaluation/; reports, checks and docs/files.md read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "AVERAGED", "COLUMNS", "DIALS", "ENDS", "ERRORS", "EXTRA", "HEAD", "IDENTITY", "LATE_ERRORS", "MEASURED", "METHOD",
    "OPTIONAL", "PLACE", "RESERVED", "ROWS", "SHAPE", "STATUS", "THEORY", "TRUTH", "Column", "average_of", "is_added",
    "parts_of", "table",
]  # fmt: skip

Kind = Literal["key", "place", "method", "rep", "measured", "exact", "share", "error", "status", "dial"]
SQUARED, TARGET = "unit of y, squared", "unit of x2"


@dataclass(frozen=True)
class Column:
    r"""One column of rows.csv.

    Attributes
    ----------
    name : str
        As in the file; of a dial, what stands after the dot of ``generator.<dial>``.
    kind : str
        "key"; "place" or "method" (what a row was computed for); "rep"; a number that is "measured" on the draws of a
        repetition, "exact" for its law and task, or a "share" (measured, from 0 to 1); "error" (the standard error of
        an integral or of points that were drawn, of the column that its name begins with); "status"; "dial".
    words : str
        What it is, in words.
    symbol : str
        The same in LaTeX, without dollar signs.
    plain : str
        The same in plain text.
    unit : str
        Its unit; empty for a number without one, and for a text.
    empty : str
        When it is empty in a row that is ok; nothing if never.
    asked : bool
        Whether rows have it only where an experiment asks for it (``Experiment(extra=[...])``).
    integrals : tuple of str
        Columns of the integrals over x1 that are contained in it. An integral that all repetitions of a cell share has
        an error which their spread does not show: ``<integral>_se``, which is added to it in quadrature.
    part_of : str
        The column that it is an additive part of.
    short : bool
        Whether tables call it by its symbol.
    after : str
        Words behind the symbol.
    """

    name: str
    kind: Kind
    words: str
    symbol: str = ""
    plain: str = ""
    unit: str = ""
    empty: str = ""
    asked: bool = False
    integrals: tuple[str, ...] = ()
    part_of: str = ""
    short: bool = False
    after: str = ""

    @property
    def label(self) -> str:
        """Words and symbol, for an axis: 'labelled pairs $n_2$'."""
        return " ".join(filter(None, (self.words, f"${self.symbol}$" if self.symbol else "", self.after)))


FLOOR, BAYES = ("class_floor",), ("bayes_noise",)
NO_OPTIMUM = "the optimum of the task, or E[Y|psi], is not known"
NO_TRUTH = "no truth is known (FromRows, SampledLaw)"
NO_SPLIT = "the probe is not linear, structures are redrawn, or E[Y|psi*] is not known"

# fmt: off
ROWS = (  # in the order of rows.csv
    Column("key", "key", "name of the cell: a hash of all that decides its rows but seed and repetition"),
    Column("generator", "place", "generator of the law, as text; its dials follow as generator.NAME"),
    Column("pretext", "method", "task that learns the representation, as text; its parameters follow"),
    Column("probe", "method", "regressor from the representation to the label, as text; its parameters follow"),
    Column("draws", "method", "moments or rows: what was drawn"),
    Column("n_unlabeled", "place", "unlabelled pairs", "n_1", "n1", "pairs", short=True),
    Column("n_labeled", "place", "labelled pairs", "n_2", "n2", "pairs", short=True),
    Column("rep", "rep", "number of the repetition, from 0"),
    Column("excess_risk", "measured", "excess risk", r"\mathrm{E}\,|f^\ast-\hat{y}|^2", "E|f* - yhat|^2", SQUARED,
           integrals=FLOOR),
    Column("excess_risk_se", "error", "standard error of its integral or of its points", unit=SQUARED),
    Column("excess_risk_class", "measured", "excess risk in the class", r"\mathrm{E}\,|f^\ast_H-\hat{y}|^2",
           "E|f*_H - yhat|^2", SQUARED),
    Column("class_floor", "exact", "class floor", r"\mathrm{E}\,|f^\ast-f^\ast_H|^2", "E|f* - f*_H|^2", SQUARED,
           integrals=FLOOR),
    Column("class_floor_se", "error", "standard error of its integral", unit=SQUARED),
    Column("intrinsic", "exact", "intrinsic risk", r"e_{apx}(\psi^\ast)", "e_apx(psi*)", SQUARED, NO_OPTIMUM,
           integrals=FLOOR, part_of="excess_risk"),
    Column("pretext_part", "measured", "pretext part", r"e_{apx}(\tilde{\psi})-e_{apx}(\psi^\ast)",
           "e_apx(psi~) - e_apx(psi*)", SQUARED, NO_OPTIMUM, part_of="excess_risk"),
    Column("estimation", "measured", "estimation risk", unit=SQUARED, empty="E[Y|psi] is not known",
           plain="excess_risk - e_apx(psi~)", part_of="excess_risk"),
    Column("label_mse", "measured", "label error", r"\mathrm{E}\,|y-\hat{y}|^2", "E|y - yhat|^2", SQUARED,
           integrals=(*FLOOR, *BAYES)),
    Column("epsilon_ci_linear", "exact", "violation of independence", r"\epsilon_{CI}", "eps_CI", TARGET,
           after="(linear class)"),
    Column("epsilon_ci_universal", "exact", "violation of independence", r"\epsilon_{CI}", "eps_CI", TARGET,
           integrals=("epsilon_ci_universal",), after="(universal class)"),
    Column("epsilon_ci_universal_se", "error", "standard error of its integral", unit=TARGET),
    Column("beta", "exact", "conditioning", r"\beta", "beta", f"{TARGET} / unit of y", short=True),
    Column("bayes_noise", "exact", "Bayes noise", r"\mathrm{E}\,\mathrm{tr}\,\mathrm{Cov}(Y\,|\,X_1)",
           "E tr Cov(Y|X1)", SQUARED, integrals=BAYES),
    Column("bayes_noise_se", "error", "standard error of its integral", unit=SQUARED),
    Column("rank_used", "exact", "rank of the representation", empty="the learner was given no rank"),
    Column("intrinsic_class", "exact", "intrinsic risk above the class floor", "", "intrinsic - class_floor", SQUARED,
           "as intrinsic", asked=True),
    Column("pretext_error", "measured", "pretext error", r"\mathrm{E}\,|\tilde{\psi}-\psi^\ast|^2", "E|psi~ - psi*|^2",
           TARGET + ", squared", "the task is no Predict, or psi~ or psi* is not affine", asked=True),
    Column("information_lost", "exact", "information lost", r"\mathrm{E}\,|f^\ast-\mathrm{E}[Y|\psi]|^2",
           "E|f* - E[Y|psi*]|^2", SQUARED, NO_SPLIT, asked=True, part_of="intrinsic"),
    Column("not_linear", "exact", "not linear", r"\mathrm{E}\,|\mathrm{E}[Y|\psi]-\mathrm{E}^L[Y|\psi]|^2",
           "E|E[Y|psi*] - E^L[Y|psi*]|^2", SQUARED, NO_SPLIT, asked=True, part_of="intrinsic"),
    Column("error01", "share", "0-1 error", plain="P(argmax yhat is not y)", asked=True,
           empty="the label is no class, or structures are redrawn on Moments"),
    Column("subspace_sine", "share", "sine of the angle to the optimum", asked=True,
           empty="psi~ or psi* is not affine"),
    Column("label_sine", "share", "sine of the angle to the best linear predictor of y", asked=True,
           empty="psi~ is not affine"),
    Column("label_mse_se", "error", "standard error over the rows held out", unit=SQUARED, asked=True,
           empty="the law is known: see excess_risk_se and bayes_noise_se"),
    Column("status", "status", "ok or failed"),
    Column("error", "status", "why it failed, in one line", empty="the row is ok"),
)
DIALS = (  # of generators; the others are called by their names
    Column("k", "dial", "number of classes", "k", "k", short=True),
    Column("m", "dial", "number of latent states", "m", "m", short=True),
    Column("d1", "dial", "dimension of the input", "d_1", "d1", short=True),
    Column("d2", "dial", "dimension of the target", "d_2", "d2", short=True),
    Column("alpha", "dial", "mixing weight", r"\alpha", "alpha", short=True),
    Column("rho", "dial", "within-class edge", r"\rho", "rho", short=True),
    Column("epsilon_ci", "dial", "violation of independence", r"\epsilon_{CI}", "eps_CI", TARGET, short=True),
    Column("sigma_min", "dial", "smallest norm of the rows of A", r"\sigma_{\min}", "sigma_min", TARGET, short=True),
)
# fmt: on
COLUMNS = {column.name: column for column in (*ROWS, *DIALS)}
THEORY = "theory."  # what the columns of predictions begin with; they are asked for as well
SHAPE = ("excess_risk_median", "excess_risk_share")  # of the repetitions of a cell, in summary.csv alone
ENDS = ("_mcse", "_low", "_high")  # what summary.csv adds to the name of a column that is averaged
RESERVED = (*ENDS, "_se")  # no column has a name that ends so, but the errors of integrals


def _of(*kinds: Kind) -> tuple[str, ...]:
    return tuple(column.name for column in ROWS if column.kind in kinds and not column.asked)


PLACE, METHOD, STATUS, ERRORS = _of("place"), _of("method"), _of("status"), _of("error")
HEAD = _of("key", "place", "method")  # what identifies a cell
IDENTITY = (*HEAD, "rep")
AVERAGED = _of("measured", "exact", "share")  # numbers that every row has
MEASURED = _of("measured", "exact", "share", "error")  # with the errors of their integrals, as they stand in rows.csv
EXTRA = tuple(column.name for column in ROWS if column.asked)
LATE_ERRORS = tuple(column.name for column in ROWS if column.asked and column.kind == "error")  # of some experiments
OF_F_STAR = ("excess_risk", "excess_risk_se", "bayes_noise", "bayes_noise_se")  # what f* is enough for
_KNOWN = ("label_mse", "label_mse_se", "error01", "rank_used")  # what rows of a user give; the others need the truth
TRUTH = tuple(c.name for c in ROWS if c.kind in ("measured", "exact", "share", "error") and c.name not in _KNOWN)
OPTIONAL = tuple(column.name for column in ROWS if column.empty and column.kind != "status")  # may be None in a row


def is_added(column: str) -> bool:
    """Whether a column is one that an experiment asks for: an extra one, or what a statement predicts."""
    return column in EXTRA or (column.startswith(THEORY) and not column.endswith(RESERVED))


def parts_of(column: str) -> tuple[str, ...]:
    """Columns that add up to this one."""
    return tuple(other.name for other in ROWS if other.part_of == column)


def average_of(column: Column) -> str:
    """Say how a number is averaged over the repetitions of a cell; the rule is in `testbed.report.summarize`."""
    if column.kind == "error":
        return "root mean square"
    if column.kind not in ("measured", "exact", "share"):
        return ""
    shared = " and ".join(f"`{name}_se`" for name in column.integrals)
    return "mean, Monte Carlo s.e." + (f" with {shared} where shared" if shared else "")


def table() -> str:
    """Table of all columns in Markdown, as it stands in docs/files.md."""
    lines = ["| column | kind | what | unit | empty where | average over repetitions |", "|:--|:--|:--|:--|:--|:--|"]
    for column in ROWS:
        what = " ".join(filter(None, (column.words, column.plain and f"`{column.plain}`", column.after)))
        kind = f"{column.kind}, on demand" if column.asked else column.kind
        truth = NO_TRUTH + ", nor f*" * (column.name in OF_F_STAR) if column.name in TRUTH else ""
        empty = "; ".join(filter(None, (column.empty, truth)))
        cells = (f"`{column.name}`", kind, what, column.unit, empty, average_of(column))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") or "-" for cell in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
