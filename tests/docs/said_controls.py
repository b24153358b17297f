"""What experiments/tasks/README.md quotes of the controls: jigsaw, unequal noise, contrast; where it is in results/."""

from __future__ import annotations

from functools import partial

from tests.docs.held import Said, at
from tests.docs.said_tasks import TWO, leagues, of

RANK_TESTS = "contract/test_rank_and_controls.py"


def jigsaw() -> list[Said]:
    exact, cut, network = "Optimum(Jigsaw(4))", "Truncated(Jigsaw(4), 9)", "Jigsaw(4, hidden=[32])"
    law = "Patches(position_std=0.0, class_std=0.0, interaction_std=1.4)"
    additive, alone = (partial(of, "jigsaw", "label_mse", name) for name in ("Patches()", law))
    return [
        Said(
            "has a label error of {} (s.e. {}, null {}), regression of another image of the class {} (the",
            additive(exact),
            of("jigsaw", "label_mse_mcse", "Patches()", exact),
            2 / 3,
            additive(TWO[1]),
        ),
        Said(
            "nothing else does it has {} (s.e. {}), x1 itself {} (the",
            alone(exact),
            of("jigsaw", "label_mse_mcse", law, exact),
            alone("Raw()"),
        ),
        Said("nine components have {}, but a network {}, since", additive(cut), additive(network)),
        Said("in the cut logits too ({}), and in the network ({}).", alone(cut), alone(network)),
        Said("where ridge has 0.21.", by=f"{RANK_TESTS}::test_least_squares_on_log_posteriors_may_explode"),
    ]


def noise() -> list[Said]:
    def sines(task: str) -> list[list[float]]:
        """At equal and at the most unequal noise."""
        return [
            of("unequal_noise", "label_sine", f"Factors(noise_var_min={least}", f"Optimum({task}")
            for least in ("20.05", "0.1")
        ]

    masks = [sines(f'DenoisingAutoencoder("mask", {q}') for q in ("0.1", "0.5", "0.9")]
    assert max(max(pair) for task in TWO for pair in sines(task)) < 1e-9
    equal, most = "Factors(noise_var_min=20.05", "Factors(noise_var_min=0.1"
    return [
        Said("variances uniform on (0.1, 40)"),
        Said(
            ": PCA {} to {}, masked denoising {} to {}, {} to {} and {} to {} at q = 0.1, 0.5 and 0.9, pseudo-"
            "likelihood cut to two {} to {}, CCA",
            *sines("PCA"),
            *(end for mask in masks for end in mask),
            *sines("Truncated(Pseudo"),
        ),
        Said(
            "learnt from 10^4 rows it is at {} and has a risk of {} at 200 labels (regression {} and {})",
            *(
                of("unequal_noise", column, equal, task)
                for task in ("PCA(2)", TWO[1])
                for column in ("label_sine", "excess_risk")
            ),
        ),
        Said(
            "it has {}, no task {}, the regression {}, CCA {}.",
            *(of("unequal_noise", "excess_risk", most, task) for task in ("PCA(2)", "Raw()", TWO[1], TWO[0])),
        ),
    ]


def contrast() -> list[Said]:
    ace, cut = "ACE(2)", "Truncated(Predict(OLS()), 2)"
    floor = partial(of, "contrast", "intrinsic")
    edge = partial(at, "tasks/contrast", "intrinsic", generator="DirectEdge")
    why = f"{RANK_TESTS}::test_why_two_dimensions_go_to_the_leak"
    outside = f"{RANK_TESTS}::test_an_edge_outside_costs_nothing_and_then_everything"
    inside = [value for task in TWO for value in edge(pretext=task, direction="inside", rho=0.4)]
    return [
        Said("lacks the whole label, {}, and", floor("RandomSign(CleanFinite(d1=29, structure_seed=2", cut)),
        Said("leak from a share of 0.25 on"),
        Said("the label explains 0.82 at 0.2 and 0.33 at 0.25;", by=why),
        Said(
            "intrinsic risk {} against {} at 0.3)",
            *(floor("CleanFinite(d1=29, leak=0.3, structure_seed=2", task) for task in (ace, cut)),
        ),
        Said("({} against {} at 0.4).", *(floor("CleanFinite(d1=29, leak=0.4)", task) for task in (cut, ace))),
        Said("between rho = 0.35 and 0.4, where", by=outside),
        Said("passes the 0.378 of the classes", by=why),
        Said("between 0.4 and 0.45, where", by=outside),
        Said("passes their 0.19.", by=why),
        Said("({} at rho = 0.4, floor {})", inside, at("tasks/contrast", "class_floor", generator="DirectEdge")),
    ]


def tasks() -> list[Said]:
    return [*leagues(), *jigsaw(), *noise(), *contrast()]
