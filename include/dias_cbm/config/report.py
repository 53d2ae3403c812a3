"""Report of the settings in force, and where each value comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dias_cbm.config.schema import Entry, entries, platform_entries
from dias_cbm.config.settings import Reading, Settings

#: Shown instead of a secret that is set.
HIDDEN = "(hidden)"
# Login and password in an address, and secrets in its query.
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")
_SECRET_PARAMETER = re.compile(r"((?:password|secret|token|key)[^=&\s]*=)[^&\s]+", re.I)


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting that is in force.

    :param value: a value for JSON; a secret is hidden.
    :param origin: ``default``, ``file`` or ``environment``.
    :param place: file with line, or variable; empty for a default.
    """

    name: str
    value: Any
    origin: str
    place: str
    variable: str


def in_force(reading: Reading, *, changed: bool = False) -> Iterator[Shown]:
    """Every setting; for platforms that are not in use, only what is given.

    :param changed: only what is given in the file or the environment.
    """
    now = reading.settings
    in_use = {*now.search_chain(), *now.store_platforms}
    for entry in (*entries(Settings), *platform_entries(list(now.platforms))):
        given = entry.name in reading.origins
        of_platform = entry.table.startswith("platforms.")
        if given or not (changed or (of_platform and entry.table.partition(".")[2] not in in_use)):
            origin = reading.origin(entry.name)
            yield Shown(entry.name, _value(now, entry), origin.kind, origin.place, entry.variable)


def _value(now: Settings, entry: Entry) -> Any:
    owner: Any = now
    if entry.table.startswith("platforms."):
        owner = now.platforms[entry.table.partition(".")[2]]
    elif entry.table:
        owner = getattr(now, entry.table)
    value = getattr(owner, entry.key)
    if entry.secret:
        return HIDDEN if value else value
    return without_secrets(value) if isinstance(value, str) else value


def without_secrets(text: str) -> str:
    """A text without the login of an address, and without passwords and keys in its query."""
    return _SECRET_PARAMETER.sub(rf"\1{HIDDEN}", _LOGIN.sub(f"{HIDDEN}@", text))
