"""Products known to be bad: a list in this package, and one that the settings name."""

from __future__ import annotations

import fnmatch
import functools
import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import parse_name, parse_time
from dias_cbm.small_file import small_file

FILE = Path(__file__).with_name("known_bad.toml")

_TEXTS = frozenset({"pattern", "reason", "source"})
_TIMES = frozenset({"first", "last"})

#: Names that have nothing but the form in common: a pattern for all of them is one for everything.
_UNLIKE = (
    "S1A_IW_GRDH_1SDV_20180511T170000_20180511T170025_021860_025C2E_AAAA",
    "S2B_MSIL1C_20231003T103829_N0509_R008_T31TCJ_20231003T142132",
)


@dataclass(frozen=True, slots=True)
class KnownBad:
    """One line of the list.

    :param pattern: of the product's name, with ``*`` and ``?``; what is derived from the product,
        such as ``..._CARD_BS``, counts too.
    :param reason: what is wrong with it.
    :param source: where this can be read.
    :param first: sensing start from which it holds; aware UTC; None for no limit.
    :param last: the same, included.
    """

    pattern: str
    reason: str
    source: str
    first: datetime | None = None
    last: datetime | None = None

    def __str__(self) -> str:
        return f"{self.reason} ({self.source})"

    @property
    def dated(self) -> bool:
        """Whether it holds for some time only."""
        return self.first is not None or self.last is not None

    def covers(self, name: str) -> bool:
        """Whether a product of this name is meant."""
        if not (
            fnmatch.fnmatchcase(name, self.pattern)
            or fnmatch.fnmatchcase(name, f"{self.pattern}_*")
        ):
            return False
        if not self.dated:
            return True
        start = parse_name(name).get("start")
        if start is None:
            return False
        sensed = parse_time(start)
        return (self.first or sensed) <= sensed <= (self.last or sensed)


def known_bad() -> Sequence[KnownBad]:
    """The list: the settings' own lines first.

    :raises SettingsError: the file that the settings name is missing or not such a list.
    """
    own = own_file()
    lines = _read(FILE, FILE.stat().st_mtime_ns)
    if own is None:
        return lines
    if not own.is_file():
        raise SettingsError("no such file", subject=own, hint="see the setting catalogue.known_bad")
    return (*_read(own, own.stat().st_mtime_ns), *lines)


def own_file() -> Path | None:
    """The file that the settings name."""
    path = settings().catalogue.known_bad
    return Path(path).expanduser() if path else None


def why_bad(names: Iterable[str]) -> KnownBad | None:
    """Why a product is bad; None if the list does not have it.

    :param names: the product's, and those of what it was made from.
    """
    lines = known_bad()
    return next((line for name in names for line in lines if line.covers(name)), None)


def add(line: KnownBad, path: Path) -> None:
    """Append a line to a file, which is created.

    :raises SettingsError: the file is not such a list, or the line would not be one.
    """
    _line({"pattern": line.pattern, "reason": line.reason, "source": line.source}, 1, path)
    if path.exists():
        _read(path, path.stat().st_mtime_ns)
    texts = {"pattern": line.pattern, "reason": line.reason, "source": line.source}
    block = "".join(f"{name} = {json.dumps(text)}\n" for name, text in texts.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(f"\n[[product]]\n{block}")


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> tuple[KnownBad, ...]:
    """The lines of a file.

    :param changed: when; a file that has changed is read again.
    """
    try:
        content = tomllib.loads(small_file(path).decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"is not a list of products: {error}", subject=path) from error
    lines = content.get("product")
    if set(content) - {"product"} or not isinstance(lines or [], list):
        raise SettingsError("has something else than [[product]]", subject=path)
    return tuple(_line(line, number, path) for number, line in enumerate(lines or [], 1))


def _line(line: Any, number: int, path: Path) -> KnownBad:
    if not isinstance(line, dict) or set(line) - _TEXTS - _TIMES or _TEXTS - set(line):
        raise SettingsError(
            f"product {number} needs pattern, reason and source, and may have first and last",
            subject=path,
        )
    if not all(isinstance(line[name], str) and line[name].strip() for name in _TEXTS):
        raise SettingsError(f"product {number} has a text that is empty or no text", subject=path)
    pattern = line["pattern"]
    if not pattern.strip("*?") or all(fnmatch.fnmatchcase(name, pattern) for name in _UNLIKE):
        raise SettingsError(f"product {number} would match every product", subject=path)
    times = {name: line[name] for name in _TIMES & set(line)}
    if not all(isinstance(time, datetime) for time in times.values()):
        raise SettingsError(f"product {number} has a time that is not one", subject=path)
    read = KnownBad(
        **{name: line[name] for name in _TEXTS},
        **{
            name: time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
            for name, time in times.items()
        },
    )
    if read.first and read.last and read.first > read.last:
        raise SettingsError(f"product {number} ends before it begins", subject=path)
    return read
