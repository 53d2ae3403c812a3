"""A figure of the evidence: a measured number, and what it has to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    :param bound: that its size has to stay within; None if there is none.
    :param least: that it has to reach; None if there is none.
    """

    what: str
    value: float
    unit: str
    bound: float | None = None
    least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is within its bounds."""
        below = self.bound is None or abs(self.value) <= self.bound
        return below and (self.least is None or self.value >= self.least)

    @property
    def asked(self) -> str:
        """What it has to be, in words; empty if it is only informative."""
        words = [] if self.least is None else [f"at least {self.least:g}"]
        words += [] if self.bound is None else [f"within {self.bound:g}"]
        return ", ".join(words)
