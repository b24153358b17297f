"""What a class or function of a script reaches: the statements and values that its rows depend on.

Names are followed through the text of the file that binds them and, where this leaves off, through what they are when
the script has been read: to bases, decorators, defaults, globals, attributes, and into other files of the user's own.
"""

from __future__ import annotations

import dataclasses
import hashlib
import linecache
import sys
import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

import numpy as np

from testbed.sweep.experiment import Experiment
from testbed.sweep.modules import closure, file_of_module, label, loaded, own, parsed, title_of, unimported, version_of
from testbed.sweep.statements import File, Import, Statement, sha
from testbed.things import file_of

__all__ = ["Reach"]

SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)
NAMED = (types.ModuleType, types.BuiltinFunctionType, types.MethodType)  # the statement that binds it says it all
Meet = Callable[[type | types.FunctionType], None]
PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))
DEPTH = 40  # of objects within objects; what is deeper is told apart by its class alone


class Reach:
    """All that some classes and functions reach.

    Attributes
    ----------
    names : dict
        What is reached, by a name that a user knows it by -> its hash.
    packages : dict
        Installed packages that it imports -> their versions.
    lost : list of str
        What was written where no text is kept.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.packages: dict[str, str] = {}
        self.lost: list[str] = []
        self._seen: set[tuple[str, str]] = set()
        self._met: set[int] = set()
        self._modules: dict[str, types.ModuleType] = {}
        self._why = ""  # whole files count, and why

    def add(self, thing: Any) -> None:
        """Follow what a class or function of the script uses."""
        self._meet(thing)
        self._wholes()

    def _meet(self, thing: Any) -> None:
        module = sys.modules.get(str(thing.__module__))
        if module is None or not own(module.__name__):
            self._package(str(thing.__module__))
            return
        if id(thing) in self._met:
            return
        self._met.add(id(thing))
        self._modules[module.__name__] = module
        top = thing.__qualname__.partition(".")[0]
        file = file_of_module(module)
        if file and top in file.bound:
            self._name(module, top)
        elif (place := file_of(thing)) and top in (cell := parsed("".join(linecache.getlines(place)))).bound:
            self._take(module, top, cell.bound[top])  # a cell of a notebook
        elif file and top != "<lambda>":  # a lambda belongs to the statement by whose name it was found
            self._why = self._why or f"{thing.__qualname__} is not found in it"
        elif not file and place and isinstance(thing, types.FunctionType):
            self._lambda(module, thing, cell)
        elif not file:
            self.lost.append(thing.__qualname__)
        self._attributes(thing)

    def _lambda(self, module: types.ModuleType, thing: types.FunctionType, cell: File) -> None:
        """Follow a function without a name of its own in a cell of a notebook: the whole cell counts."""
        title = f"the cell of {thing.__qualname__}"
        self.names[title] = sha(self.names.get(title, "") + cell.sha)
        codes = [thing.__code__]
        while codes:
            code = codes.pop()
            codes += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
            for name in code.co_names:
                self._name(module, name)
                self._descend(vars(module).get(name), ())

    def _attributes(self, thing: Any) -> None:
        """Values that hang on a class or function: class attributes and defaults."""
        title = label(thing.__module__, thing.__qualname__)
        if isinstance(thing, types.FunctionType):
            kept = [thing.__defaults__, thing.__kwdefaults__, vars(thing).get("__wrapped__")]
            for cell in thing.__closure__ or ():
                with suppress(ValueError):  # a cell that is still empty
                    kept.append(cell.cell_contents)
            if any(k is not None for k in kept):
                self._value(f"defaults of {title}", kept)
            return
        for base in thing.__bases__:
            self._meet(base)
        for name, value in vars(thing).items():
            inner = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", value)
            if isinstance(inner, types.FunctionType):
                if inner.__defaults__ and inner.__code__.co_filename != "<string>":
                    self._value(f"defaults of {title}.{name}", [inner.__defaults__, inner.__kwdefaults__])
            elif not name.startswith(("__", "_abc_")) and not isinstance(value, SLOTS):
                self._value(f"{title}.{name}", value)

    def _value(self, title: str, value: object) -> None:
        if not isinstance(value, Experiment):  # the grid is in the keys of its cells
            self.names[f"the value of {title}"] = hashed(value, self._meet)

    def _name(self, module: types.ModuleType, name: str) -> None:
        """Follow a name of a module."""
        if (module.__name__, name) in self._seen:
            return
        self._seen.add((module.__name__, name))
        self._modules[module.__name__] = module
        file = file_of_module(module)
        statements = file.bound.get(name, []) if file else []
        value = vars(module).get(name, self)
        if isinstance(value, Experiment):
            return
        if statements:
            self._take(module, name, statements)
        if isinstance(value, type | types.FunctionType):
            self._meet(value)
        elif value is not self and not name.startswith("__") and not isinstance(value, NAMED):
            self._value(label(module.__name__, name), value)

    def _take(self, module: types.ModuleType, name: str, statements: list[Statement]) -> None:
        """Note statements, and follow what they use."""
        self.names[label(module.__name__, name)] = sha("\n".join(s.text for s in statements))
        self._seen.add((module.__name__, name))
        for statement in statements:
            if statement.dynamic:
                self._why = self._why or f"{label(module.__name__, name)} uses {statement.dynamic}"
            local: dict[str, Any] = {i.bound: self._imported(module, i) for i in statement.imports}
            for chain in statement.uses:
                if chain[0] not in local:
                    self._name(module, chain[0])
                self._descend(local.get(chain[0], vars(module).get(chain[0])), chain[1:])

    def _imported(self, module: types.ModuleType, named: Import) -> object:
        """What an import statement gives, where it is from a module of the user's own; that is followed."""
        package = module.__package__ or ""
        try:
            full = resolve_name("." * named.level + named.module, package) if named.level else named.module
        except ImportError:
            return None
        source = loaded(full)
        if source is None:
            self._package(full)
            return None
        self._modules[source.__name__] = source
        if not named.name:
            return source if named.bound != full.partition(".")[0] else loaded(named.bound)
        inner = vars(source).get(named.name) or loaded(f"{full}.{named.name}")
        if not isinstance(inner, types.ModuleType):
            self._name(source, named.name)
        return inner

    def _descend(self, value: object, chain: tuple[str, ...]) -> None:
        """Follow attributes through modules."""
        while isinstance(value, types.ModuleType):
            if not own(value.__name__):
                self._package(value.__name__)
                return
            self._modules[value.__name__] = value
            if not chain or chain[0] == "__dict__":
                self._why = self._why or f"{value.__name__} is used as a whole"
                return
            self._name(value, chain[0])
            value, chain = vars(value).get(chain[0]), chain[1:]

    def _package(self, name: str) -> None:
        top = name.partition(".")[0]
        if top and top not in self.packages and top not in (*sys.stdlib_module_names, "testbed", "__main__"):
            self.packages[top] = version_of(top)

    def _wholes(self) -> None:
        """Hash whole files where what is reached cannot be read off the text."""
        files = [(module, file_of_module(module)) for module in self._modules.values()]
        for module, file in files:
            if file and file.stars:
                self._why = self._why or f"{title_of(module)} imports *"
            for name in file.altered if file else ():
                value = vars(module).get(name)
                inside = isinstance(value, types.ModuleType) and value.__name__ in self._modules
                if (module.__name__, name) in self._seen or inside:
                    self._why = self._why or f"{title_of(module)} assigns to an attribute of {name}"
        for module in list(self._modules.values()):
            if file_of_module(module) is None and (path := getattr(module, "__file__", None)):
                with suppress(OSError):  # compiled code
                    self.names[title_of(module)] = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
        if not self._why:
            return
        for module in closure(list(self._modules.values())):
            if file := file_of_module(module):
                for word in sorted(file.words):  # what is imported by a name that the code makes
                    if (beside := unimported(word)) is not None:
                        self.names[f"the file of {word}, which may be read since {self._why}"] = beside.sha
                self.names[f"{title_of(module)}, which counts as a whole since {self._why}"] = file.sha
            for name, value in list(vars(module).items()):
                if not name.startswith("__") and not callable(value) and not isinstance(value, types.ModuleType):
                    self._value(label(module.__name__, name), value)


def hashed(value: object, meet: Meet) -> str:
    """Hash a value that a script holds when it has been read, 64 bits; `meet` is told of each class and function in it.

    What a data file says is seen here and nowhere else: the statement that reads it stays the same.
    An object counts as its class and its state: the fields of a dataclass, else what pickling would keep. Where an
    object keeps nothing (a lock, an open file), only its class counts.
    """
    sha = hashlib.sha256()
    _feed(value, sha, meet, {}, 0)
    return sha.hexdigest()[:16]


def _feed(value: Any, sha: Any, meet: Meet, seen: dict[int, Any], depth: int) -> None:
    def say(*texts: object) -> None:
        sha.update("\0".join(map(str, ("", *texts))).encode(errors="surrogatepass"))

    def feed(*inner: object) -> None:
        for one in inner:
            _feed(one, sha, meet, seen, depth + 1)

    kind = type(value)
    if kind in PLAIN:
        say(kind.__name__, repr(value))
    elif isinstance(value, types.ModuleType):
        say("module", value.__name__)
    elif isinstance(value, type | types.FunctionType):
        meet(value)
        say("named", value.__module__.rpartition("testbed_script_")[0] or "", value.__qualname__)
    elif id(value) in seen or depth > DEPTH:
        say("again", kind.__qualname__)
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        say("array", kind.__qualname__, value.dtype, value.shape)
        sha.update(np.ascontiguousarray(value).tobytes())
    else:
        seen[id(value)] = value  # and so its place in memory is not taken by another
        if isinstance(value, np.ndarray):
            say("array", kind.__qualname__, value.dtype, value.shape)
            feed(*value.ravel().tolist())
        elif isinstance(value, np.generic):
            say(kind.__name__, repr(value.item()))
        elif kind in (set, frozenset):
            say(kind.__name__, sorted(hashed(one, meet) for one in value))
        elif isinstance(value, tuple | list | range):
            say(kind.__qualname__, len(value))
            feed(*value)
        elif isinstance(value, Mapping):
            say(kind.__qualname__, len(value))
            feed(*(one for pair in value.items() for one in pair))
        else:
            meet(kind)
            say("object", kind.__qualname__)
            feed(*_state(value))


def _state(value: Any) -> list[object]:
    """What an object keeps."""
    if dataclasses.is_dataclass(value):  # what a dataclass caches beside its fields says nothing of its own
        return [getattr(value, field.name) for field in dataclasses.fields(value) if field.init]
    if hasattr(value, "to_numpy") and hasattr(value, "index"):  # a frame or series: its blocks are an accident
        columns = getattr(value, "columns", None)
        parts = [value[name] for name in columns] if columns is not None and columns.is_unique else []
        keeps = [part.to_numpy() for part in parts] if parts else [value.to_numpy()]
        return [str(getattr(value, "dtypes", "")), columns if columns is None else list(columns),
                list(value.index), *keeps]  # fmt: skip
    try:
        made = value.__reduce_ex__(2)
    except Exception:  # whatever an object does when it is asked: it keeps nothing
        return []
    return [made] if isinstance(made, str) else [part for part in made[1:3] if part is not value]
