"""Reading of a rule file: every fault is a sentence, and nothing runs before all are mended."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import fields
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.errors import RuleError
from dias_cbm.markers import registry
from dias_cbm.rules.faults import never_true, unknown_words
from dias_cbm.rules.holdings import HoldingRule
from dias_cbm.rules.language import Condition, Day, Group, How, RuleFile, Scheme, Sure, Table
from dias_cbm.rules.tables import Tables
from dias_cbm.small_file import small_file

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_DAY = re.compile(r"([+-]?)(\d\d)-(\d\d)")
_SCHEME = {
    "title", "source", "crops", "attributes", "min_area_m2", "max_area_m2", "seasons", "sure",
    "need", "forbid", "all", "any", "n_of",
}  # fmt: skip
_GROUP = {"need", "forbid", "all", "any", "n_of"}
_CONDITION = {
    "marker", "kind", "window", "at_least", "at_most", "min_interval_days", "state", "value",
    "unknown", "covered_days", "unbroken_days", "min_share",
}  # fmt: skip
#: Words of a condition that stand for a value, and the value by which it may be too small.
_SHORT = {
    "covered_days": ("covered_days", "unknown_days"),
    "unbroken_days": ("longest_covered", None),
    "min_share": ("share", None),
}
#: Numbers that are known for any window.
DAYS_OF_COVER = frozenset(["covered_days", "bare_days", "unknown_days", "longest_covered"])
_LIMITS = (
    "crops_at_least", "largest_share", "two_largest_share", "share_at_least",
    "changed_area_at_least", "changed_parcels_at_least",
)  # fmt: skip
#: A window may be of three years.
_MOST_DAYS = 1096
_HOLDING = {
    "title", "source", "holding", "leave_out", "min_ha", "max_ha", "share_of",
    "same_land_at_least", *_LIMITS,
}  # fmt: skip
_SURE = {one.name for one in fields(Sure)}


def read(path: Path, markers: Collection[str]) -> RuleFile:
    """Read a rule file.

    :param markers: names of the markers that exist.
    :raises RuleError: it cannot be read, or has faults; the message has a sentence for each.
    """
    try:
        # As it is, line ends too: the hash must be the file's.
        text = small_file(path).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"cannot be read: {error}", subject=path) from error
    return parse(text, str(path), markers)


def configured() -> RuleFile | None:
    """The rule file that the setting ``rules.file`` names; None if it names none.

    :raises RuleError: see :func:`read`.
    """
    file = settings().rules.file
    return None if file is None else read(Path(file), registry.names())


def parse(text: str, name: str, markers: Collection[str]) -> RuleFile:
    """A rule file from its text; see :func:`read`.

    :raises RuleError: it is not TOML, or has faults.
    """
    try:
        content = tomllib.loads(text.removeprefix("\ufeff"))
        reader = _Reader(markers)
        schemes = reader.file(content)
        holdings = reader.holdings(content, {scheme.name for scheme in schemes})
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"is not TOML: {error}", subject=name) from error
    except RecursionError as error:
        raise RuleError("has tables in each other that are too deep", subject=name) from error
    if not reader.faults:
        reader.faults += [fault for scheme in schemes for fault in never_true(scheme)]
    if reader.faults:
        raise RuleError(" ".join(reader.faults), subject=name, faults=tuple(reader.faults))
    return RuleFile(name, text, tuple(schemes), tuple(holdings))


class _Reader(Tables):
    """Reads tables into schemes, and gathers what is wrong with them."""

    def __init__(self, markers: Collection[str]) -> None:
        super().__init__()
        self._markers = sorted(markers)

    def file(self, content: Table) -> list[Scheme]:
        self._known(content, {"scheme", "holding", "sure"}, "The file")
        sure = self._sure(content.get("sure", {}), Sure(), "The file")
        schemes = content.get("scheme", {})
        if "scheme" not in content and "holding" in content:
            return []
        if not isinstance(schemes, dict) or not schemes:
            self._fault("The file has no scheme: write a table [scheme.NAME].")
            return []
        return [self._scheme(name, table, sure) for name, table in schemes.items()]

    def holdings(self, content: Table, taken: Collection[str]) -> list[HoldingRule]:
        rules = self._table(content, "holding", "The file")
        return [self._holding(name, table, taken) for name, table in rules.items()]

    def _holding(self, name: str, table: Any, taken: Collection[str]) -> HoldingRule:
        where = f"Holding rule {name}"
        if not isinstance(table, dict):
            self._fault(f"{where} is not a table: write [holding.{name}].")
            table = {}
        self._known(table, _HOLDING, where)
        if name in taken or not _NAME.fullmatch(name):
            self._fault(f"{where}: its name is a scheme's, or not of lower-case letters.")
        if "holding" not in table:
            self._fault(f"{where} does not name the attribute that names the holding.")
        limits: dict[str, Any] = {one: self._number(table, one, where, None) for one in _LIMITS}
        if not any(one is not None for one in limits.values()):
            self._fault(f"{where} has no rule: write {', '.join(_LIMITS)}.")
        for one, limit in limits.items():
            if limit is None:
                continue
            if one == "crops_at_least" and (limit < 1 or limit % 1):
                self._fault(f"{where}: {one} is a whole number from 1.")
            elif one != "crops_at_least" and not 0 <= limit <= 1:
                self._fault(f"{where}: {one} is a share from 0 to 1.")
        if ("share_at_least" in table) != ("share_of" in table):
            self._fault(f"{where}: share_of and share_at_least go together.")
        rotates = {"changed_area_at_least", "changed_parcels_at_least"} & set(table)
        if "same_land_at_least" in table and not rotates:
            self._fault(
                f"{where}: same_land_at_least goes with changed_area_at_least or"
                " changed_parcels_at_least."
            )
        same = self._number(table, "same_land_at_least", where, 0.8) or 0.0
        if not 0.5 < same <= 1:
            # Else two crops could both be a parcel's last one.
            self._fault(f"{where}: same_land_at_least is a share above 0.5 and at most 1.")
        smallest = self._number(table, "min_ha", where, 0.0) or 0.0
        largest = self._number(table, "max_ha", where, None)
        if largest is not None and largest <= smallest:
            self._fault(f"{where} is never true: from {smallest:g} to below {largest:g} ha.")
        return HoldingRule(
            name=name,
            title=self._text(table, "title", where) or name,
            source=self._text(table, "source", where) or "",
            holding=self._text(table, "holding", where) or "",
            leave_out=self._patterns(table, "leave_out", where),
            min_ha=smallest,
            max_ha=largest,
            share_of=self._patterns(table, "share_of", where),
            same_land_at_least=same,
            **limits,
        )

    def _scheme(self, name: str, table: Any, sure: Sure) -> Scheme:
        where = f"Scheme {name}"
        if not _NAME.fullmatch(name):
            self._fault(f"{where}: a name is of lower-case letters, digits and underscores.")
        if not isinstance(table, dict):
            self._fault(f"{where} is not a table: write [scheme.{name}].")
            table = {}
        self._known(table, _SCHEME, where)
        seasons = self._table(table, "seasons", where)
        self._known(seasons, {"from", "to"}, f"{where}, seasons")
        first = self._whole(seasons, "from", where)
        last = self._whole(seasons, "to", where)
        if first is not None and last is not None and first > last:
            self._fault(f"{where} is never true: its seasons go from {first} to {last}.")
        smallest = self._number(table, "min_area_m2", where, 0.0) or 0.0
        largest = self._number(table, "max_area_m2", where, None)
        if largest is not None and largest < smallest:
            self._fault(
                f"{where} is never true: no parcel has at least {smallest:g} and at most"
                f" {largest:g} m2."
            )
        attributes = {
            key: tuple(map(str, value if isinstance(value, list) else [value]))
            for key, value in self._table(table, "attributes", where).items()
        }
        for key, patterns in attributes.items():
            if not patterns:
                self._fault(f"{where} is never true: its attribute {key} lists no pattern.")
        return Scheme(
            name=name,
            title=self._text(table, "title", where) or name,
            source=self._text(table, "source", where) or "",
            crops=self._patterns(table, "crops", where, ("*",)),
            group=self._group(table, where, needed=True),
            sure=self._sure(table.get("sure", {}), sure, where),
            attributes=attributes,
            min_area_m2=smallest,
            max_area_m2=largest,
            first_year=first,
            last_year=last,
        )

    def _group(self, table: Table, where: str, *, needed: bool = False) -> Group:
        parts: list[Condition | Group] = []
        for key in ("need", "forbid"):
            entries = self._list(table, key, where)
            parts += [
                self._condition(one, f"{where}, {key} {number}", forbidden=key == "forbid")
                for number, one in enumerate(entries, 1)
            ]
        for how in (How.ALL, How.ANY):
            if how.value in table:
                parts.append(Group(how, self._parts(table, how.value, where)))
        if "n_of" in table:
            parts.append(self._n_of(self._table(table, "n_of", where), f"{where}, n_of"))
        if needed and not parts:
            self._fault(f"{where} has no rule: write need, forbid, all, any or n_of.")
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Group) else _all(parts)

    def _n_of(self, table: Table, where: str) -> Group:
        self._known(table, {"n", "of"}, where)
        n = self._whole(table, "n", where) or 0
        parts = self._parts(table, "of", where)
        if n < 1:
            self._fault(f"{where}: n is at least 1.")
        if n > len(parts):
            self._fault(f"{where} is never true: {n} of {len(parts)} cannot hold.")
        return Group(How.N_OF, parts, n)

    def _parts(self, table: Table, key: str, where: str) -> tuple[Condition | Group, ...]:
        entries = self._list(table, key, where)
        if not entries:
            self._fault(f"{where}, {key} is empty: it lists conditions.")
        return tuple(
            self._part(one, f"{where}, {key} {number}") for number, one in enumerate(entries, 1)
        )

    def _part(self, entry: Any, where: str) -> Condition | Group:
        if isinstance(entry, dict) and not set(entry) & _GROUP:
            return self._condition(entry, where, forbidden=False)
        if not isinstance(entry, dict):
            self._fault(f"{where} is not a table.")
            entry = {}
        self._known(entry, _GROUP, where)
        return self._group(entry, where, needed=True)

    def _condition(self, entry: Any, where: str, *, forbidden: bool) -> Condition:
        if not isinstance(entry, dict):
            self._fault(f"{where} is not a table.")
            return Condition("")
        self._known(entry, _CONDITION, where)
        marker = self._marker(entry, where)
        kind = self._text(entry, "kind", where)
        value = self._text(entry, "value", where)
        unknown = self._text(entry, "unknown", where)
        at_least = self._number(entry, "at_least", where, None)
        at_most = self._number(entry, "at_most", where, None)
        for key, (named, doubt) in _SHORT.items():
            if key in entry:
                value, unknown = named, doubt
                at_least = self._number(entry, key, where, None)
        if value is None and at_most is not None:
            self._fault(f"{where}: at_most goes with value; to limit events, forbid at_least.")
        if value is not None and at_least is None and at_most is None:
            self._fault(f"{where}: a value needs at_least or at_most.")
        if value is None and at_least is not None and (at_least < 1 or at_least % 1):
            self._fault(f"{where}: at_least counts events, so it is a whole number from 1.")
        if at_least is not None and at_most is not None and at_least > at_most:
            self._fault(f"{where} is never true: at least {at_least:g} and at most {at_most:g}.")
        apart = self._whole(entry, "min_interval_days", where) or 0
        if apart > _MOST_DAYS:
            self._fault(f"{where}: min_interval_days is at most {_MOST_DAYS}.")
        state = entry.get("state", False)
        if not isinstance(state, bool) and state != "OK":
            self._fault(f'{where}: state is true, or "OK".')
        self._check_question(entry, where, state=bool(state), value=value is not None)
        counts = value is None and not state
        for fault in unknown_words(marker, kind, (value, unknown), counts=counts):
            self._fault(f"{where}: {fault}")
        windowed = marker == "cover" and value in DAYS_OF_COVER
        if (state or value is not None) and "window" in entry and not windowed:
            self._fault(
                f"{where}: a state or value is of the days that the marker answers for; a window"
                " goes with events, and with days of the marker cover."
            )
        return Condition(
            marker=marker,
            forbidden=forbidden,
            kind=kind,
            window=self._window(entry, where),
            at_least=(-float("inf") if value is not None else 1) if at_least is None else at_least,
            at_most=at_most,
            min_interval_days=apart,
            state=bool(state),
            value=value,
            unknown=unknown,
        )

    def _check_question(self, entry: Table, where: str, *, state: bool, value: bool) -> None:
        """Check that a condition asks one thing: what it has besides would not be looked at."""
        asked = [one for one in ("value", *_SHORT) if one in entry]
        if len(asked) > 1 or (state and asked):
            several = " and ".join([*asked, *(["state"] if state else [])])
            self._fault(f"{where} asks several things, {several}: write a condition for each.")
            return
        idle = {"kind", "min_interval_days"} if state or value else {"unknown"}
        if state:
            idle |= {"at_least", "at_most", "unknown"}
        elif asked and asked[0] in _SHORT:
            idle |= {"at_least", "unknown"}
        for key in sorted(idle & set(entry)):
            of = "state" if state else asked[0] if asked else "events"
            self._fault(f"{where}: {key} does not go with {of}.")

    def _marker(self, entry: Table, where: str) -> str:
        marker = self._text(entry, "marker", where)
        if marker is None:
            self._fault(f"{where} names no marker.")
            return ""
        if marker not in self._markers:
            near = get_close_matches(marker, self._markers, 1)
            hint = f"did you mean {near[0]}?" if near else f"Markers: {', '.join(self._markers)}."
            self._fault(f"{where}: there is no marker {marker}; {hint}")
        return marker

    def _window(self, entry: Table, where: str) -> tuple[Day, Day] | None:
        window = entry.get("window")
        if window is None:
            return None
        if not isinstance(window, list) or len(window) != 2:
            self._fault(f'{where}: a window is its first and last day, ["06-15", "07-31"].')
            return None
        days = [self._day(text, where) for text in window]
        first, last = days
        if first is None or last is None:
            return None
        if (first.years, first.month, first.day) > (last.years, last.month, last.day):
            self._fault(
                f'{where}: the window from {first} to {last} is reversed; "+{last.month:02}-'
                f'{last.day:02}" is a day of the next year.'
            )
        return first, last

    def _day(self, text: Any, where: str) -> Day | None:
        found = _DAY.fullmatch(text) if isinstance(text, str) else None
        if found:
            sign, month, day = found[1], int(found[2]), int(found[3])
            try:
                date(2024, month, day)
                return Day({"": 0, "+": 1, "-": -1}[sign], month, day)
            except ValueError:
                pass
        told = repr(text) if isinstance(text, str) else str(text)
        self._fault(f"{where}: {told} is not a day like 06-15, or +02-15 of the next year.")
        return None

    def _sure(self, table: Any, default: Sure, where: str) -> Sure:
        if not isinstance(table, dict):
            self._fault(f"{where}: sure is a table.")
            return default
        self._known(table, _SURE, f"{where}, sure")
        values: dict[str, Any] = {
            name: self._number(table, name, f"{where}, sure", getattr(default, name))
            for name in _SURE
        }
        for name in ("green", "red", "gap_confidence"):
            if not 0 < (values[name] or 0) <= 1:
                self._fault(f"{where}, sure: {name} is above 0 and at most 1.")
        if not 1 <= (values["longest_gap_days"] or 0) <= _MOST_DAYS:
            self._fault(f"{where}, sure: longest_gap_days is from 1 to {_MOST_DAYS}.")
        if (values["red"] or 0) > (values["green"] or 0):
            self._fault(
                f"{where}, sure: red ({values['red']:g}) is above green ({values['green']:g})."
            )
        return Sure(**values)


def _all(parts: list[Condition | Group]) -> Group:
    return Group(How.ALL, tuple(parts))
