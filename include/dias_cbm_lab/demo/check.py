"""One comparison of the demo's report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison.

    :param ok: whether it passes; equality unless stated otherwise.
    """

    name: str
    expected: Any
    found: Any
    ok: bool = field(default=False)


def equal(name: str, expected: Any, found: Any) -> Check:
    """A check that passes if both are equal."""
    return Check(name, expected, found, expected == found)
