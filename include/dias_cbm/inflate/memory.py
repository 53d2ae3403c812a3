"""Numbers at addresses that need not be aligned, for compiled functions.

An address is not checked: whoever computes one sees first that it lies in an array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

#: In compiled functions a number may change its type; to mypy these are of any.
int64: Any = np.int64


def _load(kind: Any) -> Any:
    @intrinsic
    def load(typing, address):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            pointer = builder.inttoptr(arguments[0], context.get_value_type(kind).as_pointer())
            return builder.load(pointer, align=1)

        return kind(types.uint64), generate

    return load


def _store(kind: Any) -> Any:
    @intrinsic
    def store(typing, address, value):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            stored = context.get_value_type(kind)
            pointer = builder.inttoptr(arguments[0], stored.as_pointer())
            number = arguments[1]
            if kind is not types.uint64:
                number = builder.trunc(number, stored)
            builder.store(number, pointer, align=1)
            return context.get_dummy_value()

        return types.void(types.uint64, types.uint64), generate

    return store


#: Read the number at an address, a uint64.
load8, load32, load64 = _load(types.uint8), _load(types.uint32), _load(types.uint64)

#: Write the low bits of a uint64 to an address.
store8, store16, store64 = _store(types.uint8), _store(types.uint16), _store(types.uint64)
