"""Numbers that the pages say of the studies of usefulness, capacity and halves, read from the committed tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from experiments.likelihood import capacity, halves, images, usefulness
from testbed.models import LatentClass
from tests.committed import ROOT, committed
from tests.studies.test_usefulness import table


def page() -> str:
    return " ".join((ROOT / "experiments" / "likelihood" / "README.md").read_text().split())


def short(value: float, digits: int) -> str:
    """As the pages write shares: without the zero before the point."""
    return f"{value:.{digits}f}".replace("0.", ".", 1)


def test_the_page_quotes_the_plane() -> None:
    found = table("usefulness").set_index(["family", "setting"])
    use, loss = (found[name].to_dict() for name in ("usefulness", "excess"))
    two, vae = ("mixture, one covariance", "2"), "VAE, 4 latents"
    for said in (
        f"takes usefulness from {short(use['relabelled', 't = 0'], 2)} to 0",
        f"costs up to {loss['blurred', 'variance 64']:.2f} nats and no usefulness",
        f"a mixture of two states ({short(use[two], 3)})",
        f"factor analysis of four latents ({short(use['pPCA', '4'], 2)}, {short(use['factor analysis', '4'], 2)})",
        f"a VAE of four latents {short(use[vae, '0.1'], 2)} for {loss[vae, '0.1']:.2f} nats",
        f"in place of {loss[vae, '0.1']:.2f}",
        f"beta = 0.5 has {short(use[vae, '0.5'], 2)} at {loss[vae, '0.5']:.2f}",
        f"beta = 1 {short(use[vae, '1'], 2)} at {loss[vae, '1']:.2f}",
        f"best in likelihood ({loss['mixture, one covariance', '3']:.2f}) and has "
        f"{short(use['mixture, one covariance', '3'], 2)}",
        f"usefulness ({loss['mixture, full', '3']:.2f}, {short(use['mixture, full', '3'], 2)})",
    ):
        assert said in page()
    assert loss["mixture, one covariance", "3"] == found.query("seeds > 0")["excess"].min()
    for family, setting in (two, ("pPCA", "4"), ("factor analysis", "4")):
        assert loss[family, setting] == pytest.approx(0.22, abs=0.01)  # three at one likelihood


def test_the_page_quotes_capacity() -> None:
    found = table("capacity").set_index(["model", "n", "capacity"])["risk"]
    few, some = ((found["pPCA", n, 2], found["pPCA", n, 9]) for n in (20, 50))
    assert f"(risk {short(few[0], 3)} and {some[0]:.3f})" in page()
    assert f"nine have {short(few[1], 3)} and {short(some[1], 3)}" in page()

    def order(model: str, n: int) -> str:
        part = table("capacity").query("model == @model and n == @n")
        return short(float(spearmanr(part["excess"], part["risk"]).statistic), 2)

    assert f"opposite ({order('pPCA', 20)} and {order('pPCA', 50)})" in page()
    assert order("pPCA", 1000) == order("pPCA", 10_000) and f"the orders agree ({order('pPCA', 1000)})" in page()
    assert f"leave {short(found['mixture', 100, 8], 2)} ({order('mixture', 100)})" in page()
    assert f"orders agree to {order('mixture', 1000)}" in page()
    few_rows = table("capacity").query("model == 'mixture' and n == 100").set_index("capacity")
    assert few_rows["excess"].idxmin() == 1 and few_rows.loc[1, "risk"] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "notes"), [("usefulness", lambda rows: usefulness.NOTES), ("capacity", capacity.notes)]
)
def test_notes_are_those_of_the_table(name: str, notes: Callable[[pd.DataFrame], list[str]]) -> None:
    text = committed(f"likelihood/{name}", "table.md").read_text()
    assert text.endswith("\n".join(["", *notes(table(name)), ""]))


def test_halves_quote_x1_itself_and_the_probe_on_it() -> None:
    error = table("halves").set_index(["task", "n_labeled"])["error"]
    best, pairs = error["x1, Nystroem probe", 1000], error["x2 on x1, Nystroem", 1000]
    assert f"by far ({short(best, 3)} against {short(pairs, 3)})" in page()
    assert f"({short(error['x1 itself', 50], 3)} and {short(error['x1 itself', 1000], 3)})" in page()


def test_the_page_of_the_halves() -> None:
    notes = committed("likelihood/halves", "table.md").read_text()
    error = table("halves").set_index(["task", "n_labeled"])["error"]
    for said, cell in (
        ("test error of {}", ("x2 on x1, Nystroem", 50)),
        ("with x2 of other images it has {}", ("mismatched halves, Nystroem", 50)),
        ("probe on x1 {}", ("x1, Nystroem probe", 50)),
        ("the VAE has {}", ("VAE", 1000)),
        ("probabilistic PCA {}", ("probabilistic PCA", 1000)),
        ("factor analysis {}", ("factor analysis", 1000)),
    ):
        assert said.format(f"{error[cell]:.3f}".lstrip("0")) in page()
    for said, noted in (
        ("has .401 held out and .475 plugged in", "linear class 0.401 ± 0.014 held out, 0.475 ± 0.007"),
        (".647 held out", "universal class 0.647 ± 0.010 held out"),
        ("beta = 0.23", "class means plugged in): 0.23"),
        ("eight stand out from chance", "have: 8 of 9"),
    ):
        assert said in page() and noted in notes


def test_the_pages_quote_two_latents_of_digits() -> None:
    lines = committed("likelihood/pictures", "table.md").read_text().splitlines()[2:4]
    (vae, fit, _, wrong, about), (pca, base, _, more, less) = ([c.strip() for c in s.split("|")[1:-1]] for s in lines)
    assert (vae, pca) == ("VAE", "probabilistic PCA")
    assert f"VAE has {float(fit):.1f} nats an image and its plane misclassifies {100 * float(wrong):.0f}%" in page()
    assert f"probabilistic PCA has {float(base):.1f} nats and {100 * float(more):.0f}%" in page()
    assert float(more) - float(wrong) > 2.0 * (float(about) + float(less))


def test_latent_classes_leave_images_without_posterior() -> None:
    learnt, others = halves.split(images.halves(images.digits()), 0)
    fitted = LatentClass(10, restarts=1, tolerance=1e-3).fit(np.floor(16.0 * learnt.x1), np.random.default_rng(0))
    assert np.isneginf(fitted.log_likelihood(np.floor(16.0 * others.x1))).any()
