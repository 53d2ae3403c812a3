"""Content of a rule file, once it is read: schemes, groups and conditions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from dias_cbm.markers.series import day_number
from dias_cbm.rules.holdings import HoldingRule


class How(StrEnum):
    """How the parts of a group are joined."""

    ALL = "all"
    ANY = "any"
    N_OF = "n_of"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the year, in the declaration year or in one beside it.

    :param years: 0, or 1 for the next year (``+02-15``), or -1 for the one before (``-10-01``).
    """

    years: int
    month: int
    day: int

    def number(self, year: int) -> int:
        """Days since 1970-01-01, for a declaration year; 29 February becomes 28 where need be."""
        try:
            return day_number(date(year + self.years, self.month, self.day))
        except ValueError:
            return day_number(date(year + self.years, self.month, self.day - 1))

    def __str__(self) -> str:
        return f"{['', '+', '-'][self.years]}{self.month:02}-{self.day:02}"


@dataclass(frozen=True, slots=True)
class Sure:
    """How sure an answer must be to decide a colour.

    The defaults keep false reds of "mown from 15 April to 31 July" below 0.5 % on dated cuts.

    :param green: least confidence of an event that counts as seen.
    :param red: least confidence of an event that might have been: below, it does not count.
    :param longest_gap_days: days between two looks beyond which nothing is known to be absent.
    :param gap_confidence: least confidence that no event was hidden (:mod:`..markers.gaps`).
    """

    green: float = 0.7
    red: float = 0.2
    longest_gap_days: int = 20
    gap_confidence: float = 0.75


@dataclass(frozen=True, slots=True)
class Condition:
    """One question to one marker.

    :param forbidden: it holds if the rest does not.
    :param kind: of the events; None: all that are not mere hints (see ``conditions.HINTS``).
    :param window: first and last day, both included; None: the days that the marker answers for.
    :param at_least: events, or with ``value`` its least value.
    :param at_most: with ``value``, its greatest value.
    :param min_interval_days: events nearer to each other count once.
    :param state: whether the marker's own answer counts (OK) instead of its events.
    :param value: name of a number that the marker gives.
    :param unknown: name of the number by which ``value`` may be too small.
    """

    marker: str
    forbidden: bool = False
    kind: str | None = None
    window: tuple[Day, Day] | None = None
    at_least: float = 1
    at_most: float | None = None
    min_interval_days: int = 0
    state: bool = False
    value: str | None = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups that are joined.

    :param n: for ``n_of``: how many must hold.
    """

    how: How
    parts: tuple[Condition | Group, ...]
    n: int = 0

    def conditions(self) -> Iterator[Condition]:
        """All conditions in it, in order."""
        for part in self.parts:
            if isinstance(part, Condition):
                yield part
            else:
                yield from part.conditions()


@dataclass(frozen=True, slots=True)
class Scheme:
    """One commitment or requirement: whom it is for, and what must hold.

    :param crops: patterns such as ``grass_*``; the declared crop must match one.
    :param attributes: patterns by attribute of the parcel; one of each must match.
    :param first_year: declaration year from which it holds; None: always. So ``last_year``.
    """

    name: str
    title: str
    source: str
    crops: tuple[str, ...]
    group: Group
    sure: Sure = field(default_factory=Sure)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_area_m2: float = 0
    max_area_m2: float | None = None
    first_year: int | None = None
    last_year: int | None = None

    def holds_in(self, year: int) -> bool:
        """Whether it is meant for a declaration year."""
        after = self.first_year is None or year >= self.first_year
        return after and (self.last_year is None or year <= self.last_year)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file that has been read and found valid."""

    name: str
    text: str
    schemes: tuple[Scheme, ...]
    holdings: tuple[HoldingRule, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of its text, in hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def markers(self) -> list[str]:
        """Names of the markers it asks, in order, each once."""
        names = (one.marker for scheme in self.schemes for one in scheme.group.conditions())
        return list(dict.fromkeys(names))


#: A table as TOML gives it.
Table = Mapping[str, Any]
