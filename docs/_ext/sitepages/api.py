"""The API: every public name of every package, by kind, with its docstring."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import testbed
from sitepages.docstrings import cell, parts

KINDS = ("testbed", *(f"testbed.{package}" for package in testbed.PACKAGES))


def heading(package: str) -> str:
    """What the names of a package are called together."""
    return "First names" if package == "testbed" else package.partition(".")[2].capitalize()


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
    text = [
        f"# {heading(package)}",
        "",
        cell(parts(import_module(package))[0]),
        "",
        f"Import from `{package}`.",
        "",
        "| name | what it is |",
        "|:--|:--|",
    ]
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
    text += [f"| [{heading(package)}]({package}.md) | `{package}` | {len(names(package))} |" for package in KINDS]
    text += ["", "```{toctree}", ":hidden:", "", *KINDS, "```", ""]
    return {"api/index.md": "\n".join(text)} | {f"api/{package}.md": _page(package) for package in KINDS}
