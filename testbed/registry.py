"""What can be named: the public classes of each package, and the text that stands for one with its settings."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from testbed.arguments import cut, meant, shown

__all__ = ["KINDS", "parse", "public", "read", "stored"]

KINDS = ("generators", "laws", "models", "pretexts", "regressors")
PACKAGES = (*KINDS, "theory", "report", "falsifier")


def public(kind: str) -> dict[str, Any]:
    """Classes that a package publishes in its ``__all__``, without its abstract bases and helpers.

    Examples
    --------
    >>> from testbed.registry import public
    >>> "CCA" in public("pretexts"), "Pretext" in public("regressors")
    (True, False)
    """
    module = import_module(f"testbed.{kind}")
    found = {name: getattr(module, name) for name in module.__all__}
    return {n: c for n, c in found.items() if isinstance(c, type) and hasattr(c, "__dataclass_fields__")}


def parse(text: str, kinds: Sequence[str] = KINDS) -> Any:
    """Build what a canonical text names, ``LeeMixture(k=10, alpha=0.25)`` or ``Predict(ReducedRank("k"))``.

    Only calls of public classes with literal arguments are read; nothing is evaluated. `kinds` are the packages whose
    classes may be named.

    Examples
    --------
    >>> from testbed.registry import parse
    >>> parse("Predict(ReducedRank(2))").regressor.rank
    2
    """
    wanted = "is not a canonical text such as LeeMixture(k=10, structure_seed=3)"
    return _read(text, kinds, wanted, ast.Call)


def read(text: str, kinds: Sequence[str]) -> Any:
    """Build the list of objects that a canonical text names, ``[Slope(label="a"), Slope(label="b")]``, likewise.

    Examples
    --------
    >>> from testbed.registry import read
    >>> [slope.label for slope in read('[Slope("a", {}, "generator.k")]', ("report",))]
    ['a']
    """
    return _read(text, kinds, f"is not a list of canonical texts of {', '.join(kinds)}", ast.List)


def stored(content: bytes, kinds: Sequence[str], name: object) -> Any:
    """Build the list that a file holds as canonical texts; `name` is the file, for messages.

    Examples
    --------
    >>> from testbed.registry import stored
    >>> stored(b'[PCA(2)]', ("pretexts",), "tasks.txt")
    [PCA(2)]
    """
    try:
        return read(content.decode(), kinds)
    except ValueError as error:
        raise ValueError(f"{name} is damaged: {error}") from error


def _read(text: str, kinds: Sequence[str], wanted: str, whole: type[ast.expr]) -> Any:
    if not isinstance(text, str):
        raise ValueError(f"text = {shown(text)}: a canonical text is needed, such as 'LeeMixture(k=10)'")
    wrong = [kind for kind in kinds if kind not in PACKAGES] if isinstance(kinds, list | tuple) else [kinds]
    if wrong:
        raise ValueError(f"kinds holds {shown(wrong[0])}; allowed: {', '.join(PACKAGES)}")
    names = {name: cls for kind in kinds for name, cls in public(kind).items()}

    def build(node: ast.expr) -> Any:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id not in names:
                hint = meant(node.func.id, names) or f"; known: {', '.join(sorted(names))}"
                raise ValueError(f"unknown name {shown(node.func.id)}{hint}")
            if any(k.arg is None for k in node.keywords):
                raise ValueError(f"{shown(ast.unparse(node))}: write each setting by its name")
            given = [str(k.arg) for k in node.keywords]
            if twice := [name for name in dict.fromkeys(given) if given.count(name) > 1]:
                raise ValueError(f"{cut(ast.unparse(node))}: {', '.join(twice)} is given more than once")
            keywords = {str(k.arg): build(k.value) for k in node.keywords}
            return names[node.func.id](*(build(a) for a in node.args), **keywords)
        if isinstance(node, ast.List):
            return [build(inner) for inner in node.elts]
        if isinstance(node, ast.Dict) and None not in node.keys:
            return {build(k): build(v) for k, v in zip(node.keys, node.values, strict=True) if k}
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Name):
            return -build(node.operand)
        if isinstance(node, ast.Name) and node.id in ("inf", "nan"):
            return float(node.id)
        try:
            return ast.literal_eval(node)
        except ValueError as error:
            raise ValueError(f"{shown(ast.unparse(node))} is neither a literal nor a call of a public class") from error

    try:
        tree = ast.parse(text.strip(), mode="eval")
        if isinstance(tree.body, whole):
            return build(tree.body)
    except SyntaxError as error:
        raise ValueError(f"{_cut(text)} {wanted}") from error
    except (TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"{_cut(text)}: {error}") from error
    raise ValueError(f"{_cut(text)} {wanted}")


def _cut(text: str) -> str:
    return repr(text) if len(text) < 200 else repr(text[:197] + "...")
