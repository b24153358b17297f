"""What a process has one of: its random generators (numpy, Python, torch), seeded and given back, and its memory."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np

__all__ = ["hold_memory", "kept", "seeded", "snapshot"]

T = TypeVar("T")
HELD = 16 * 2**20  # bytes of the largest array whose memory is used again; glibc then keeps up to twice as many
numpy: Any = np.random  # its stubs lack the functions that exchange the bit generator


@contextmanager
def kept() -> Iterator[None]:
    """Give the global generators back as they were, whatever happens inside."""
    generator, theirs = numpy.get_bit_generator(), np.random.get_state(legacy=False)  # noqa: NPY002
    plain, torch = random.getstate(), _torch()
    tensors = None if torch is None else _torch_state(torch)
    numpy.set_bit_generator(np.random.MT19937(0))  # a generator that the user has set may not be one to seed
    try:
        yield
    finally:
        numpy.set_bit_generator(generator)
        np.random.set_state(theirs)  # noqa: NPY002
        random.setstate(plain)
        if torch is not None and tensors is not None:
            torch.random.set_rng_state(tensors[0])
            if tensors[1]:
                torch.cuda.set_rng_state_all(tensors[1])


def seeded(number: int, compute: Callable[[], T]) -> T:
    """Compute with the global generators seeded; again, where only the computation itself has imported torch."""
    before = _torch() is None
    _seed(number)
    result = compute()
    if before and _torch() is not None:
        _seed(number)
        result = compute()
    return result


def snapshot() -> tuple[Any, ...]:
    """Return the state of the random generators of the process, to be compared."""
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    torch = _torch()
    tensors = None if torch is None else bytes(torch.random.get_rng_state().numpy())
    return state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"], random.getstate(), tensors


def _seed(number: int) -> None:
    number %= 2**32
    np.random.seed(number)  # noqa: NPY002
    random.seed(number)
    torch = _torch()
    if torch is not None:
        torch.manual_seed(number)


def _torch() -> Any:
    """Return torch where something has imported it: it is never imported for this."""
    module = sys.modules.get("torch")
    return module if hasattr(module, "manual_seed") else None


def _torch_state(torch: Any) -> tuple[Any, Any]:
    cuda = torch.cuda.is_available() and torch.cuda.is_initialized()
    return torch.random.get_rng_state(), torch.cuda.get_rng_state_all() if cuda else []


@cache
def hold_memory() -> None:
    """Let the arrays of one block of repetitions take the memory of those of the block before.

    The C library of Linux gives memory that was freed back to the system, which maps the pages of the next block one by
    one: up to a third of the time of a linear cell. How much it keeps follows from the largest array that was freed so
    far. This one is never written to, so it takes no memory itself; other C libraries do not mind it.
    """
    np.empty(HELD, dtype=np.uint8)
