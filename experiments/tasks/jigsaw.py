"""Jigsaw and its two controls: does the order of the patches know the label?

Images of four patches with five coordinates, in unit noise, of three equally likely classes. Additive law: the mean of
a patch is its place plus its class, x_j = a_j + b_y + e_j. The order of the patches is told from a, and the class
cancels from p(order | x) for any b: the exact posterior knows nothing of the label (negative control). Interaction law:
x_j = g_{j,y} + e_j. Without the class no order can be told, and the posterior knows both (positive control). Between
the two, interaction is added to the additive law.

The representation is the vector of 24 log posteriors, less their mean: exact (the optimum), learnt as linear logits cut
to nine components (the rank of the optimum in the additive law), and learnt by a network of 32 tanh units. Regression
of another image of the class, and x1 itself, are read beside it. Means are redrawn in every repetition. The probe is
ridge regression: some directions of the log posteriors are moved by one row in thousands, on which least squares can
err without bound.
"""

from testbed import Experiment
from testbed.generators import Patches, vary
from testbed.pretexts import Jigsaw, Optimum, Predict, Raw, Truncated
from testbed.regressors import ReducedRank, Ridge
from testbed.report import Figure, Named, Panel

STD = [0.0, 0.3, 0.7, 1.4]
LAWS = Named(
    "generator",
    {
        "additive law and interaction": vary(Patches, interaction_std=STD),
        "interaction alone": vary(Patches, position_std=[0.0], class_std=[0.0], interaction_std=STD[1:]),
    },
)
TASKS = Named(
    "pretext",
    {
        "jigsaw, exact": Optimum(Jigsaw(4)),
        "jigsaw, learnt linear logits cut to 9": Truncated(Jigsaw(4), 9),
        "jigsaw, learnt network": Jigsaw(4, (32,)),
        "regression of $x_2$, rank 2": Predict(ReducedRank(2)),
        "no task ($x_1$)": Raw(),
    },
)

EXPERIMENT = Experiment(
    name="tasks_jigsaw",
    generator=LAWS.of("generator"),
    pretext=TASKS.of("pretext"),
    probe=[Ridge("gcv")],
    n_unlabeled=[3000],
    n_labeled=[8000],
    repeats=12,
    draws="rows",
)


FIGURES = [
    Figure(
        [
            Panel(
                name,
                "generator.interaction_std",
                TASKS.curves(),
                y="label_mse",
                where=where,
                theory=TASKS.only("no task ($x_1$)").curves("bayes_noise", label="Bayes noise"),
                xlabel="standard deviation of the interaction $g_{j,y}$",
            )
            for name, where in LAWS.cells().items()
        ],
        caption=(
            r"Label error of a ridge probe ($n_1=3000$, $n_2=8000$, null .667). (a) At 0, the additive law: the exact "
            r"posterior of the order has .666, while regression of $x_2$ has .362 and Bayes .200. What is learnt is "
            r"not the optimum: a network (.486) leaks the class that its optimum hides, linear logits cut to nine do "
            r"nearly not (.655). A little interaction is enough for the exact posterior (.342 at .3). (b) Interaction "
            r"alone: at 1.4 the exact posterior has .094, a network .082, linear logits cut to nine .138, no task "
            r".054: jigsaw then knows the class, and still less of it than $x_1$."
        ),
        share_y=True,
    )
]

TABLES = [
    TASKS.table(
        f"Label error of each task, {name} (null: 2/3)",
        ["generator.interaction_std"],
        value="label_mse",
        where=where,
        name=f"jigsaw{place}",
    )
    for place, (name, where) in enumerate(LAWS.cells().items())
]
