"""One file of Python, read and not executed: which statements bind a name, what each uses, and its hash."""

from __future__ import annotations

import ast
import hashlib
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["File", "Import", "Statement", "sha"]

DYNAMIC = {"exec", "eval", "compile", "globals", "__import__"}  # what they reach cannot be read off the text
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.comprehension)
IGNORED = {"ctx", "kind", "type_comment", "type_ignores", "type_params"}  # say nothing, or differ between Pythons
Definition = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Import:
    """What an import statement names: ``from ..module import name`` has level 2; without `name`, the module itself."""

    bound: str
    module: str
    level: int = 0
    name: str = ""


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a file, or one name of an import: its text without comments, and what it uses.

    Attributes
    ----------
    uses : tuple of tuples
        Chains of names: ``np.linalg.solve`` is ("np", "linalg", "solve").
    dynamic : str
        What in it reaches code that cannot be read off the text, ``eval`` say; empty if nothing does.
    """

    text: str
    uses: tuple[tuple[str, ...], ...] = ()
    imports: tuple[Import, ...] = ()
    dynamic: str = ""


@dataclass
class File:
    """The statements of a file by the names that they bind or change.

    Attributes
    ----------
    altered : set of str
        Names of whose value some attribute is assigned or deleted, wherever that is.
    stars : list of Import
        What is imported with ``*``.
    imports : list of Import
        Every import, inside functions too.
    words : set of str
        Text constants that could name a module, for code that imports by a name it makes.
    """

    bound: dict[str, list[Statement]] = field(default_factory=dict)
    altered: set[str] = field(default_factory=set)
    stars: list[Import] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    sha: str = ""

    @classmethod
    def of(cls, text: str) -> File:
        """Take the text of a file apart into its statements of Python."""
        file, tree = cls(), ast.parse(text)
        file.sha = sha(dump(tree))
        touched: dict[str, list[Statement]] = {}
        own: set[str] = set()
        for node in tree.body:
            names, changed, statements = _read(node)
            own |= names
            for name, statement in statements:
                touched.setdefault(name, []).append(statement)
            file.altered |= changed
        file.bound = {name: touched[name] for name in touched if name in own}
        every = [_imports(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        file.imports = [i for listed in every for i in listed]
        texts = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
        file.words = {top for text in texts if (top := text.partition(".")[0]).isidentifier()}
        file.stars = [i for i in file.imports if i.name == "*"]
        return file


def sha(text: str) -> str:
    """Hash of a text, 64 bits of it."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def dump(node: Any) -> str:
    """Syntax tree as a text that is the same for each Python, without positions, comments and docstrings."""
    if isinstance(node, list):
        return f"[{','.join(map(dump, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, Definition):
            value = [v for v in value if not _constant(v)]  # a docstring, or a number that stands alone
        if name not in IGNORED and value is not None and value != []:
            parts.append(f"{name}={dump(value)}")
    return f"{type(node).__name__}({','.join(parts)})"


def _constant(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _read(node: ast.stmt) -> tuple[set[str], set[str], list[tuple[str, Statement]]]:
    """Names that a statement binds; names of which it changes attributes; and itself, under each name it touches."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        named = _imports(node)
        each = [(i.bound, Statement(f"{i.level} {i.module} {i.name}", imports=(i,), dynamic=_loader(i))) for i in named]
        return {i.bound for i in named}, set(), each
    if _constant(node) or _guarded(node):
        return set(), set(), []
    own, rebound = _globals(node)
    imports = tuple(
        i for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom) for i in _imports(n) if i.name != "*"
    )
    seen = own | {i.bound for i in imports}
    chains = tuple(dict.fromkeys(chain for chain in _chains(node) if chain[0] in seen))
    dynamic = next((c[0] for c in chains if c[0] in DYNAMIC or c[:2] == ("sys", "modules")), "")
    dynamic = dynamic or next((_loader(i) for i in imports if _loader(i)), "")
    statement = Statement(dump(node), chains, imports, dynamic)
    bound = set(_bound(node)) | rebound
    touched = bound | {name for name in _touched(node) if name in own}
    changed = {name for name in _altered(node) if name in own}
    return bound, changed, [(name, statement) for name in sorted(touched)]


def _imports(node: ast.Import | ast.ImportFrom) -> list[Import]:
    if isinstance(node, ast.Import):
        return [
            Import(alias.asname, alias.name) if alias.asname else Import(alias.name.partition(".")[0], alias.name)
            for alias in node.names
        ]
    return [Import(a.asname or a.name, node.module or "", node.level, a.name) for a in node.names]


def _loader(named: Import) -> str:
    return "importlib" if named.module.partition(".")[0] in ("importlib", "runpy", "imp") else ""


def _guarded(node: ast.stmt) -> bool:
    """Whether it is ``if __name__ == "__main__":``, which a sweep does not execute."""
    return isinstance(node, ast.If) and "'__main__'" in ast.dump(node.test) and "__name__" in ast.dump(node.test)


def _globals(node: ast.stmt) -> tuple[set[str], set[str]]:
    """Names of the module that a statement reads, inside its functions too; and those that its functions rebind."""
    used: set[str] = set()
    rebound: set[str] = set()
    tables = [symtable.symtable(ast.unparse(node), "", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            outer = table.get_type() == "module" or symbol.is_global()
            if outer and symbol.is_declared_global() and symbol.is_assigned():
                rebound.add(symbol.get_name())
            if outer or (table.get_type() == "class" and symbol.is_referenced()):
                used.add(symbol.get_name())
    return used, rebound


def _chains(node: ast.AST) -> Iterator[tuple[str, ...]]:
    """Names that are read, with the attributes that are taken of them."""
    if isinstance(node, ast.Attribute | ast.Name):
        names: list[str] = []
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield (inner.id, *reversed(names))
            return
    for child in ast.iter_child_nodes(node):
        yield from _chains(child)


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds at the top of the file."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (i.bound for i in _imports(node))
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)


def _touched(node: ast.AST) -> Iterator[str]:
    """Names whose values a statement may change where it stands: calls for their effect, and entries that are set."""
    if isinstance(node, ast.Expr) and not _prints(node.value):
        yield from (chain[0] for chain in _chains(node))
    if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
        yield from (chain[0] for chain in _chains(node.value))
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _touched(child)


def _prints(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def _altered(node: ast.AST) -> Iterator[str]:
    """Names of whose value some attribute is set, anywhere inside."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and not isinstance(inner.ctx, ast.Load):
            yield from (chain[0] for chain in _chains(inner.value))
        elif isinstance(inner, ast.Call) and inner.args and _sets(inner.func):
            yield from (chain[0] for chain in _chains(inner.args[0]))


def _sets(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("setattr", "delattr")
