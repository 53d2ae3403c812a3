"""Bars: what a figure must reach, and what it should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure beside its bar.

    :param must: to be reached; None: only the aim is set.
    :param aim: to be hoped for; None: none is set.
    :param at_least: whether higher is better.
    """

    what: str
    value: float
    must: float | None
    aim: float | None = None
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether what must be is reached, to four decimals; NaN never does."""
        return self.must is None or self._reaches(self.must)

    @property
    def aimed(self) -> bool:
        """Whether the aim is reached."""
        return self.aim is not None and self._reaches(self.aim)

    def _reaches(self, limit: float) -> bool:
        value = round(self.value, 4)
        return value >= limit if self.at_least else value <= limit

    @property
    def word(self) -> str:
        """``aim met``, ``met``, ``aim not met`` where nothing must be, or ``NOT MET``."""
        if self.aimed:
            return "aim met"
        if self.must is None:
            return "aim not met"
        return "met" if self.met else "NOT MET"

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        names = ("what", "value", "must", "aim", "at_least", "met", "aimed")
        return {name: getattr(self, name) for name in names}


def lines(bars: Sequence[Bar]) -> list[str]:
    """The bars as text, a line each."""
    text = [f"{'bar':58}{'value':>9}{'must':>9}{'aim':>9}"]
    for one in bars:
        must, aim = (
            "" if limit is None else f"{'>=' if one.at_least else '<='} {limit:g}"
            for limit in (one.must, one.aim)
        )
        text.append(f"{one.what:58}{one.value:9.4f}{must:>9}{aim:>9}  {one.word}")
    return text
