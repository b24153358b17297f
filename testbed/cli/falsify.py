"""The command that searches for counterexamples: falsify."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from testbed.cli.base import blame, main, stop
from testbed.cli.options import PATH

__all__ = ["falsify"]


@main.command()
@click.argument("claim", required=False)
@click.option("--family", metavar="FAMILY", help="Laws to draw from, such as 'Tables(k=2)' [default: Tables()].")
@click.option("--assume", metavar="WHAT", multiple=True, help="ci, 'full rank', 'affine rank', solvable, a comparison.")
@click.option("--budget", type=int, default=10_000, show_default=True, help="Number of laws.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--jobs", type=int, default=1, show_default=True, help="Processes.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the certificate here, as JSON.")
@click.option("--verify", "certificate", type=PATH, help="Verify a certificate instead.")
@click.option("--script", "checker", type=PATH, help="Write the stand-alone checker here.")
def falsify(
    claim: str | None,
    family: str | None,
    assume: tuple[str, ...],
    budget: int,
    seed: int,
    jobs: int,
    out: Path | None,
    certificate: Path | None,
    checker: Path | None,
) -> None:
    """Search small exact laws for a counterexample to CLAIM.

    CLAIM is a comparison such as 'e_apx * beta2 <= eps2', the name of an exact statement of the ledger, or a script:
    SCRIPT.py with CLAIM (and FAMILY, ASSUME) in it, or SCRIPT.py:NAME. Ctrl-C shows what has survived so far. Exit
    status: 0 the claim survived, or the certificate is verified; 1 it is refuted, or the certificate is rejected; 2 bad
    input, or a claim that could not be evaluated.
    """
    try:
        if checker is not None:
            from testbed.falsifier import checker as text_of

            checker.write_text(text_of(), encoding="utf-8")
            click.echo(f"{checker}: run it with a certificate, python {checker} certificate.json", err=True)
            if claim is None and certificate is None:
                return
        if certificate is not None:
            sys.exit(_verify(certificate, claim))
        if claim is None:
            raise ValueError("name a claim, or --verify CERTIFICATE")
        sys.exit(_search(claim, family, assume, out, budget=budget, seed=seed, jobs=jobs))
    except Exception as error:
        stop(blame(error))


def _search(text: str, family: str | None, assume: tuple[str, ...], out: Path | None, **options: Any) -> int:
    from testbed.falsifier import Failed, Refuted
    from testbed.falsifier import falsify as search
    from testbed.registry import parse

    claim, declared = _read(text)
    chosen = declared.get("FAMILY") if family is None else parse(family, ("falsifier",))
    verdict = search(claim, chosen, assume=assume or declared.get("ASSUME", ()), **options)
    click.echo(str(verdict))
    if isinstance(verdict, Refuted) and out is not None:
        out.write_text(json.dumps(verdict.certificate) + "\n", encoding="utf-8")
        click.echo(f"{out}: verify it with testbed falsify --verify {out}", err=True)
    if isinstance(verdict, Failed):
        return 2
    return 1 if isinstance(verdict, Refuted) else 0


def _read(text: str) -> tuple[Any, dict[str, Any]]:
    """Claim, and what a script declares beside it."""
    path, _, name = text.partition(":")
    if not path.endswith(".py"):
        return text, {}
    from testbed.sweep.script import ScriptError, execute, place, read

    declared = vars(execute(read(Path(path)), place(Path(path))))
    name = name or "CLAIM"
    if name not in declared:
        raise ScriptError(f"{path} defines no {name}")
    return declared[name], declared


def _verify(path: Path, claim: str | None) -> int:
    from testbed.falsifier import verify

    try:
        says = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as a certificate: {error}") from error
    if not isinstance(says, dict):
        raise ValueError(f"{path} holds no certificate")
    try:
        click.echo(verify(says, _read(claim)[0] if claim else None))
    except (ValueError, KeyError, TypeError) as error:
        click.echo(f"rejected: {error}")
        return 1
    return 0
