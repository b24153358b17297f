"""The command that gives rows to those who train elsewhere: draw."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import click

from testbed.arguments import shown
from testbed.cli.base import as_text, blame, main, stop
from testbed.cli.look import laws_of
from testbed.cli.options import PATH, named, size

__all__ = ["draw"]


@main.command()
@click.argument("law", callback=named)
@click.option("-n", "rows", callback=size, required=True, metavar="N", help="Rows, such as 500 or 1e5.")
@click.option("--out", type=PATH, required=True, help="File of the rows, which ends with .npz; numbers go to .json.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the draw.")
def draw(law: str, rows: int, out: Path, seed: int) -> None:
    """Draw rows of LAW for a learner that is trained elsewhere, with the exact population beside them.

    The file holds x1 (n, d1), x2 (n, d2), y (n, k), f_star = E[Y | x1] (n, k) and, where the law has a latent, z.
    LAW is canonical text, or SCRIPT:NAME; of a law given by code f_star is there if the code gives it, and of the
    population what is known. What was learnt comes back through `testbed.score(law, psi, ...)`.
    """
    import numpy as np

    from testbed.described import described
    from testbed.files import write_atomically
    from testbed.generators import Generator
    from testbed.laws.sampled import SampledLaw

    if out.suffix != ".npz":
        stop(f"--out = {shown(str(out))}: a name that ends with .npz is needed")
    try:
        found = laws_of(law)
        if len(found) != 1:
            stop(f"LAW = {shown(law)}: {len(found)} laws; name one")
        source = found[0]
        if isinstance(source, Generator) and not source.frozen:
            stop(f"LAW = {shown(law)}: another law for every repetition; freeze it with structure_seed=0")
        drawn = source.law() if isinstance(source, Generator) else source
        sample = drawn.sample(rows, np.random.default_rng(seed))
        arrays = {"x1": sample.x1, "x2": sample.x2, "y": sample.y}
        if not isinstance(drawn, SampledLaw):
            arrays["f_star"] = drawn.population().f_star(sample.x1)
        elif drawn.f_star is not None:
            arrays["f_star"] = drawn.truth(sample.x1)
        arrays |= {} if sample.z is None else {"z": sample.z}
        buffer = BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        write_atomically(out, buffer.getvalue())
        told = {"law": law, "rows": rows, "seed": seed, "population": described(source)}
        write_atomically(out.with_suffix(".json"), (as_text(told) + "\n").encode())
    except MemoryError as error:
        stop(f"-n {rows}: the memory that is free does not hold so many rows, and their file beside them; {error}")
    except Exception as error:
        stop(blame(error))
    click.echo(f"{rows} rows in {out}, the exact population in {out.with_suffix('.json')}")
