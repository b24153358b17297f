"""The exception of what a law does not define."""

from __future__ import annotations

__all__ = ["NotDefinedError"]


class NotDefinedError(ValueError):
    """A quantity that this law does not define, or that is not computed for it, with the reason.

    It says something about the law, not that something went wrong: a statement of the theory that needs the quantity
    is not applicable. Any other exception is an error.
    """
