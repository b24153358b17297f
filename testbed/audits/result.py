"""The result of an audit: what was found, and the forms in which it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.audits.beyond import needed_labels
from testbed.audits.findings import Findings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Audit"]


@dataclass(frozen=True, eq=False, repr=False)
class Audit(Findings):
    """What can be said of a two-view table (x1, x2, y[, z]); `print` it for one screen of text.

    Units: x2 is divided by its standard deviations within classes; risks are squared errors summed over the outputs of
    y (one-hot for classes).

    Attributes
    ----------
    n, pairs, d1, d2 : int
        Labelled rows, unlabelled pairs, columns that were kept.
    classes : dict
        Rows of each class; empty where y is real.
    latent : bool
        Whether z was given: everything is then given (y, z).
    dropped : tuple of str
        What was left out, and why.
    saving : Saving
        Held-out risk of the pretext's probe minus that of the baseline, at several numbers of labels.
    leak : Estimate or None
        e_W^2 = tr W'C'S^{-1}C W, the leak in label units: at least what the leak costs a linear read-out of
        E[X2|X1]. None where the means of x2 cannot determine the label (d2 too small).
    epsilon : Estimate
        eps_CI^2 of the linear class.
    tests : Permutations
        p-values of 'no dependence within classes' (plain) and 'no dependence in means' (studentised).
    universal : Estimate or None
        Lower limit of eps_CI^2 over all functions of x1; None where y is real.
    means : ClassMeans
        Singular values of P A with their band.
    bound : Estimate
        Upper limit of eps_CI^2 / beta^2.
    noise, explained : float
        Residual variance of y given x1 in the linear class, T, and how much less it is than the variance of y.
    truth : dict
        True values by the names of `to_frame`, where the table was drawn from a law.
    """

    def beyond(self, n: int) -> pd.DataFrame:
        """Labels that least squares on x1 would need for what the pretext reaches with `n`, over what the leak costs.

        n_raw(e0) = d1 + 1 + T d1 / (e0 + T k / (n - k - 1)) for floors e0 from 0 to the upper limit of the leak in
        label units, or to what x1 explains of y where there is no limit: a curve, since no single number follows from
        the table.

        Raises
        ------
        ValueError
            n is not a whole number above k + 1.
        """
        return needed_labels(self, n)

    def to_frame(self) -> pd.DataFrame:
        """Table of all numbers: quantity, estimate, low, high, level, method, note (and truth, where it is known)."""
        from testbed.audits.tables import frame_of

        return frame_of(self)

    def to_markdown(self) -> str:
        """Write the table as Markdown."""
        from testbed.audits.tables import markdown_of

        return markdown_of(self)

    def to_latex(self) -> str:
        r"""Write the table as a LaTeX float that needs ``\usepackage{booktabs}``."""
        from testbed.audits.tables import latex_of

        return latex_of(self)

    def plot(self) -> Figure:
        """Draw one figure: label saving, the leak beside the risks, singular values of the class means."""
        from testbed.audits.picture import page_of

        return page_of(self)

    def __repr__(self) -> str:
        """Sizes, and the number to look at first; `print` gives the screen."""
        leak = (
            "" if self.leak is None else f"; leak {self.leak.value:.3g} ({self.leak.low:.3g} to {self.leak.high:.3g})"
        )
        sizes = f"{self.n} labelled rows, {self.pairs} unlabelled pairs, d1 = {self.d1}, d2 = {self.d2}"
        return f"<Audit: {sizes}{leak}>"

    def __str__(self) -> str:
        from testbed.audits.words import text_of

        return text_of(self)

    def _repr_html_(self) -> str:
        from testbed.audits.tables import html_of

        return html_of(self)
