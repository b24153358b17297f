"""What experiments/likelihood/README.md quotes, and where it is in results/likelihood/."""

from __future__ import annotations

from scipy.stats import spearmanr

from tests.docs.held import Said, table
from tests.docs.said_findings import digits


def plane() -> list[Said]:
    found = table("likelihood/usefulness", "table").set_index(["family", "setting"])
    use, loss = found["usefulness"], found["excess"]
    two, four, factors = ("mixture, one covariance", "2"), ("pPCA", "4"), ("factor analysis", "4")
    vae, three, full = "VAE, 4 latents", ("mixture, one covariance", "3"), ("mixture, full", "3")
    near = [loss[name] for name in (two, four, factors)]
    return [
        Said("takes usefulness from {} to 0.", use["relabelled", "t = 0"]),
        Said("costs up to {} nats and no usefulness", loss["blurred", "variance 64"]),
        Said(
            "At {} to {} nats stand a mixture of two states ({}), and probabilistic PCA and factor analysis of four "
            "latents ({}, {}).",
            min(near),
            max(near),
            use[two],
            use[four],
            use[factors],
        ),
        Said(
            "beta = 0.1 buys a VAE of four latents {} for {} nats, beta = 0.5 has {} at {}, beta = 1 {} at {};",
            *(column[vae, beta] for beta in ("0.1", "0.5", "1") for column in (use, loss)),
        ),
        Said("is best in likelihood ({}) and has {}.", loss[three], use[three]),
        Said("likelihood and usefulness ({}, {}), with", loss[full], use[full]),
        Said("An encoder trained at beta = 0.1"),
        Said("in place of {}.", loss[vae, "0.1"]),
        Said(
            "The VAE has {} nats an image and its plane misclassifies {} (15 nearest neighbours); probabilistic PCA "
            "has {} nats and {}.",
            *(values[i] for i in (0, 1) for values in (digits("log_likelihood"), digits("error"))),
        ),
    ]


def chosen() -> list[Said]:
    turned = table("likelihood/rotation", "table")
    found = table("likelihood/collapse", "table")
    return [
        Said("{} nats a point near 45 degrees", turned[turned["kind"] == "turned"]["gap_formula"].max()),
        Said("each time: {} degrees, to four", turned[turned["kind"] == "trained"]["angle"]),
        Said("agree in {} of {} trainings", (found["active"] == found["predicted"]).sum(), len(found)),
    ]


def capacity() -> list[Said]:
    whole = table("likelihood/capacity", "table")
    risk = whole.set_index(["model", "n", "capacity"])["risk"]

    def order(model: str, n: int) -> float:
        part = whole[(whole["model"] == model) & (whole["n"] == n)]
        return float(spearmanr(part["excess"], part["risk"]).statistic)

    return [
        Said("(risk {} and {}), where", risk["pPCA", 20, 2], risk["pPCA", 50, 2]),
        Said("nine have {} and {}: the", risk["pPCA", 20, 9], risk["pPCA", 50, 9]),
        Said("are opposite ({} and {}).", order("pPCA", 20), order("pPCA", 50)),
        Said("the orders agree ({}).", [order("pPCA", 1000), order("pPCA", 10_000)]),
        Said("eight leave {} ({}),", risk["mixture", 100, 8], order("mixture", 100)),
        Said("the orders agree to {}.", order("mixture", 1000)),
    ]


def halves() -> list[Said]:
    error = table("likelihood/halves", "table").set_index(["task", "n_labeled"])["error"]
    pairs, other, probe = "x2 on x1, Nystroem", "mismatched halves, Nystroem", "x1, Nystroem probe"
    page = "studies/test_usefulness_quotes.py::test_the_page_of_the_halves"  # reads table.md
    return [
        Said("has a test error of {}.", error[pairs, 50]),
        Said(
            "with x2 of other images it has {}, and a Nystroem probe on x1 {}, which",
            error[other, 50],
            error[probe, 50],
        ),
        Said("is best by far ({} against {})", error[probe, 1000], error[pairs, 1000]),
        Said("beats x1 itself ({} and {});", error["x1 itself", 50], error["x1 itself", 1000]),
        Said(
            "the VAE has {}, probabilistic PCA {}, factor analysis {}.",
            *(error[model, 1000] for model in ("VAE", "probabilistic PCA", "factor analysis")),
        ),
        Said("has .401 held out and .475 plugged in, of the universal class .647 held out", by=page),
        Said("beta = 0.23, and", by=page),
    ]


def likelihood() -> list[Said]:
    return [*plane(), *chosen(), *capacity(), *halves()]
