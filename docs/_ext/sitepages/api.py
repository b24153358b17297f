"""The API: every public name of every package, by kind, with its docstring."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

from sitepages.docstrings import cell, parts

KINDS = {  # package -> heading, and what its names are
    "testbed": ("First names", "What `import testbed` offers first."),
    "testbed.laws": ("Laws", "Distributions of (x1, x2, y, z) whose population is known exactly."),
    "testbed.generators": ("Generators", "Families of laws with dials, and violations that wrap them."),
    "testbed.pretexts": ("Pretexts", "Tasks that learn a representation from unlabelled pairs."),
    "testbed.regressors": (
        "Regressors and probes",
        "Learners of x2 from x1, and of y from what was learnt.",
    ),
    "testbed.models": ("Latent-variable models", "Models p(x1, z) fitted by likelihood."),
    "testbed.theory": ("Theory", "Statements, each with what it assumes and what it predicts."),
    "testbed.check": ("Check", "Statements against laws: the ledger."),
    "testbed.evaluation": ("Evaluation", "From a law and learners to a row."),
    "testbed.sweep": ("Sweep", "Experiments as grids, run to the end whatever happens."),
    "testbed.report": ("Report", "From rows to summaries, tables and figures."),
    "testbed.plots": ("Plots", "Plots of one's own, thin over seaborn, and panels one by one."),
    "testbed.audits": ("Audit", "What a table of your own allows to say."),
    "testbed.falsifier": ("Falsifier", "A conjecture against small laws in exact fractions."),
    "testbed.data": ("Data", "What learners are given, and linear maps."),
    "testbed.maps": ("Maps", "Affine maps and their composition."),
}


def names(package: str) -> dict[str, Any]:
    """Public names of a package, in the order of its ``__all__``."""
    module = import_module(package)
    return {name: getattr(module, name) for name in module.__all__}


def _directive(package: str, name: str, thing: Any) -> list[str]:
    away = home(package, name, thing) != f"{package}.{name}"  # it is described in the package that it comes from
    again = ["   :no-index:"] if away else []
    if inspect.isclass(thing):
        return [f".. autoclass:: {package}.{name}", "   :members:", *again, ""]
    if inspect.ismodule(thing):
        return [f".. py:module:: {package}.{name}", "", f"   {parts(thing)[0]}", ""]
    if inspect.isroutine(thing):
        return [f".. autofunction:: {package}.{name}", *again, ""]
    return [f".. py:data:: {package}.{name}", "", f"   A {type(thing).__name__}.", ""]


def home(package: str, name: str, thing: Any) -> str:
    """Where the name is described: first names in the packages that they come from, if these list them."""
    if package != "testbed":
        return f"{package}.{name}"
    origin = ".".join(thing.__module__.split(".")[:2])
    return f"{origin if name in getattr(import_module(origin), '__all__', ()) else package}.{name}"


def _about(thing: Any) -> str:
    described = inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing)
    return cell(parts(thing)[0]) if described else cell(f"A {type(thing).__name__}.")


def _page(package: str) -> str:
    heading, about = KINDS[package]
    text = [f"# {heading}", "", about, "", f"Import from `{package}`.", "", "| name | what it is |", "|:--|:--|"]
    found = names(package)
    text += [
        f"| {{py:obj}}`{name} <{home(package, name, thing)}>` | {_about(thing)} |" for name, thing in found.items()
    ]
    for name, thing in found.items():
        text += ["", f"## {name}", "", "```{eval-rst}", *_directive(package, name, thing), "```"]
    return "\n".join(text) + "\n"


def pages(root: Path) -> dict[str, str]:
    """A page for each kind, and their index."""
    text = ["# API", "", "Every public name, by kind. Each has its docstring: formula, shapes, units and errors.", ""]
    text += ["| kind | package | names |", "|:--|:--|:--|"]
    text += [f"| [{head}]({p}.md) | `{p}` | {len(names(p))} |" for p, (head, _) in KINDS.items()]
    text += ["", "```{toctree}", ":hidden:", "", *KINDS, "```", ""]
    return {"api/index.md": "\n".join(text)} | {f"api/{package}.md": _page(package) for package in KINDS}
