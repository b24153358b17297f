"""``python -m benchmarks.vae``: seconds to train one VAE and ten on 10^4 rows of 50 columns, after compilation.

20 epochs; the targets are 3 s for one and 15 s for ten. Needs the extra `neural`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from testbed.models import VAE

ROWS, COLUMNS, LATENT, EPOCHS = 10_000, 50, 10, 20
MODEL = VAE(LATENT, hidden=(128, 128), epochs=EPOCHS)


def gigaflop() -> float:
    """Multiplications and additions of one training, forward and (twice that) backward."""
    encoder, decoder = (COLUMNS, *MODEL.hidden, 2 * LATENT), (LATENT, *MODEL.hidden, COLUMNS)
    products = sum(a * b for sizes in (encoder, decoder) for a, b in pairwise(sizes))
    return 3 * 2 * products * ROWS * EPOCHS / 1e9


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Wall clock and processor time of a second call: the first one compiles."""
    run()
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Print the timings."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, LATENT)) @ rng.normal(size=(LATENT, COLUMNS)) + rng.normal(size=(ROWS, COLUMNS))
    runs = {
        1: lambda: MODEL.fit(x, np.random.default_rng(0)),
        10: lambda: MODEL.fit_many(x, np.random.default_rng(0), 10),
    }
    for count, target in ((1, 3.0), (10, 15.0)):
        wall, processor = seconds(runs[count])
        work = count * gigaflop()
        print(
            f"{count:2d} VAE: {wall:.2f} s (target {target:.0f}), processor {processor:.2f} s, {work:.0f} Gflop, "
            f"{work / processor:.0f} Gflop/s"
        )


if __name__ == "__main__":
    main()
