"""Instructions of the processor that numba does not use by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.extending import intrinsic

_NUMBERS = ("nnan", "nsz")


def _first_if(comparison: str) -> Callable[..., Any]:
    """A function that returns the first of two floats if they compare so, else the second."""

    def function(_: Any, a: Any, b: Any) -> Any:
        if a != b or not isinstance(a, types.Float):
            return None

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            first = builder.fcmp_ordered(comparison, *values, flags=_NUMBERS)
            return builder.select(first, *values, flags=_NUMBERS)

        return a(a, b), generate

    return function


#: The lower and the higher of two numbers, which NaN is not. A loop of it is vectorised; one of
#: ``min`` or ``max`` is not, and takes six times as long.
lower: Any = intrinsic(_first_if("<"))
higher: Any = intrinsic(_first_if(">"))
