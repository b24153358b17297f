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

EXACT, CUT, NETWORK, *_ = TASKS
ADDED, ALONE = LAWS.values()

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
            r"Label error of a ridge probe ($n_1=3000$, $n_2=8000$, null 2/3). (a) At 0, the additive law: the exact "
            r"posterior of the order has <<exact 0>>, while regression of $x_2$ has <<ols 0>> and Bayes <<bayes>>. "
            r"What is learnt is not the optimum: a network (<<network 0>>) leaks the class that its optimum hides, "
            r"linear logits cut to nine do nearly not (<<cut 0>>). A little interaction is enough for the exact "
            r"posterior (<<exact .3>> at .3). (b) Interaction alone: at 1.4 the exact posterior has <<exact>>, a "
            r"network <<network>>, linear logits cut to nine <<cut>>, no task <<raw>>: jigsaw then knows the class, "
            r"and still less of it than $x_1$."
        ),
        share_y=True,
        numbers={
            name: TASKS.quote(label, column=column, where={"generator": law}, digits=digits)
            for name, label, column, law, digits in (
                ("exact 0", EXACT, "label_mse", ADDED[0], 3),
                ("ols 0", "regression of $x_2$, rank 2", "label_mse", ADDED[0], 3),
                ("bayes", EXACT, "bayes_noise", ADDED[0], 3),
                ("network 0", NETWORK, "label_mse", ADDED[0], 3),
                ("cut 0", CUT, "label_mse", ADDED[0], 3),
                ("exact .3", EXACT, "label_mse", ADDED[1], 3),
                ("exact", EXACT, "label_mse", ALONE[-1], 2),
                ("network", NETWORK, "label_mse", ALONE[-1], 2),
                ("cut", CUT, "label_mse", ALONE[-1], 3),
                ("raw", "no task ($x_1$)", "label_mse", ALONE[-1], 2),
            )
        },
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
