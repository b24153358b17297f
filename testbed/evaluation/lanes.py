"""Vectors of the processor for numba: LANES numbers at once, one of each repetition that is computed side by side.

A matrix of them is an array (rows, columns, LANES), of which `get` and `put` move an entry. All else is arithmetic lane
by lane: nothing runs over lanes, so a lane has the same bits whatever its neighbours hold. `fma` and `less` round once,
on every processor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from testbed.evaluation.kept_code import forget_old

__all__ = [
    "LANES",
    "away",
    "compiled",
    "fma",
    "get",
    "inlined",
    "less",
    "minus",
    "over",
    "plus",
    "put",
    "root",
    "times",
    "whole",
]

forget_old()

F = TypeVar("F", bound=Callable[..., Any])

LANES = 8
NUMBERS = ir.VectorType(ir.DoubleType(), LANES)
ALIGNED = 8  # bytes: numpy promises no more

compiled: Callable[[F], F] = njit(cache=True, nogil=True, error_model="numpy")
inlined: Callable[[F], F] = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
special: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic  # what calls it leaves the first argument out


class _Lanes(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name=f"Lanes{LANES}")


lanes = _Lanes()


@register_model(_Lanes)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, NUMBERS)


def _place(context: Any, builder: Any, kind: Any, matrix: Any, i: Any, j: Any) -> Any:
    """Address of an entry of a matrix."""
    array = context.make_array(kind)(context, builder, matrix)
    _, columns, _ = cgutils.unpack_tuple(builder, array.shape)
    entry = builder.mul(builder.add(builder.mul(i, columns), j), ir.Constant(i.type, LANES))
    return builder.bitcast(builder.gep(array.data, [entry], inbounds=True), NUMBERS.as_pointer())


def _called(builder: Any, name: str, *values: Any) -> Any:
    """Call an intrinsic of LLVM on vectors."""
    kind = ir.FunctionType(NUMBERS, [NUMBERS] * len(values))
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f64"), values)


@special
def get(_: Any, matrix: Any, i: Any, j: Any) -> Any:
    """Entry (i, j) of a matrix."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        found = builder.load(_place(context, builder, signature.args[0], *values))
        found.align = ALIGNED
        return found

    return lanes(matrix, types.intp, types.intp), code


@special
def put(_: Any, matrix: Any, i: Any, j: Any, x: Any) -> Any:
    """Make x the entry (i, j) of a matrix."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        stored = builder.store(values[3], _place(context, builder, signature.args[0], *values[:3]))
        stored.align = ALIGNED
        return context.get_dummy_value()

    return types.void(matrix, types.intp, types.intp, lanes), code


@special
def tile(_: Any, source: Any, start: Any, step: Any, out: Any, first: Any, stride: Any) -> Any:
    """Turn LANES x LANES numbers: entry j of row i of the source is entry i of row j of the result.

    Rows are LANES numbers that lie together: those of the source begin at ``start + i step`` of its numbers, in order,
    those of the result at ``first + j stride``.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def rows(kind: Any, array: Any, begin: Any, apart: Any) -> list[Any]:
            data, found = context.make_array(kind)(context, builder, array).data, []
            for _ in range(LANES):
                found.append(builder.bitcast(builder.gep(data, [begin], inbounds=True), NUMBERS.as_pointer()))
                begin = builder.add(begin, apart)
            return found

        def joined(a: Any, b: Any, places: list[int]) -> Any:
            return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), LANES), places))

        lines = []
        for place in rows(signature.args[0], *values[:3]):
            line = builder.load(place)
            line.align = ALIGNED
            lines.append(line)
        block = 1
        while block < LANES:  # squares of 2 x 2 blocks exchange those beside their diagonals
            upper = [e if not e & block else e - block + LANES for e in range(LANES)]
            lower = [e + block if not e & block else e + LANES for e in range(LANES)]
            for i in range(LANES):
                if not i & block:
                    a, b = lines[i], lines[i + block]
                    lines[i], lines[i + block] = joined(a, b, upper), joined(a, b, lower)
            block *= 2
        for line, place in zip(lines, rows(signature.args[3], *values[3:]), strict=True):
            builder.store(line, place).align = ALIGNED
        return context.get_dummy_value()

    return types.void(source, types.intp, types.intp, out, types.intp, types.intp), code


@special
def whole(_: Any, x: Any) -> Any:
    """One number in all lanes."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        one = builder.insert_element(ir.Constant(NUMBERS, ir.Undefined), values[0], ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, ir.Constant(NUMBERS, ir.Undefined), mask)

    return lanes(types.float64), code


@special
def plus(_: Any, x: Any, y: Any) -> Any:
    """Sum of x and y."""
    return lanes(x, y), lambda context, builder, signature, values: builder.fadd(*values)


@special
def minus(_: Any, x: Any, y: Any) -> Any:
    """Difference x - y."""
    return lanes(x, y), lambda context, builder, signature, values: builder.fsub(*values)


@special
def times(_: Any, x: Any, y: Any) -> Any:
    """Product of x and y."""
    return lanes(x, y), lambda context, builder, signature, values: builder.fmul(*values)


@special
def over(_: Any, x: Any, y: Any) -> Any:
    """Quotient x / y."""
    return lanes(x, y), lambda context, builder, signature, values: builder.fdiv(*values)


@special
def fma(_: Any, x: Any, y: Any, z: Any) -> Any:
    """Sum x y + z."""
    return lanes(x, y, z), lambda context, builder, signature, values: _called(builder, "fma", *values)


@special
def less(_: Any, x: Any, y: Any, z: Any) -> Any:
    """Difference z - x y."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _called(builder, "fma", builder.fneg(values[0]), *values[1:])

    return lanes(x, y, z), code


@special
def root(_: Any, x: Any) -> Any:
    """Square root of x."""
    return lanes(x), lambda context, builder, signature, values: _called(builder, "sqrt", *values)


@special
def away(_: Any, x: Any, y: Any) -> Any:
    """Number of size y >= 0 whose sign is not that of x."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _called(builder, "copysign", values[1], builder.fneg(values[0]))

    return lanes(x, y), code
