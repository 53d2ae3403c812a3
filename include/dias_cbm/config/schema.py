"""Schema of the settings: each one's name in the file, type, default and variable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

from dias_cbm.config.names import variable
from dias_cbm.config.platforms import KNOWN, Platform


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting.

    :param table: its table in the file; empty outside of tables.
    :param key: its name in the table.
    :param rules: its help, unit, choices etc., from :func:`dias_cbm.config.values.setting`.
    """

    table: str
    key: str
    kind: Any
    default: Any
    rules: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name with the table: ``http.timeout_s``."""
        return f"{self.table}.{self.key}" if self.table else self.key

    @property
    def variable(self) -> str:
        """Its environment variable: ``CBM_HTTP_TIMEOUT_S``."""
        return variable(self.name)

    @property
    def secret(self) -> bool:
        """Whether its value is never shown."""
        return bool(self.rules["secret"])


@cache
def tables(root: type) -> Mapping[str, type]:
    """Table -> its class, in order; the settings outside a table are under the empty name."""
    hints = get_type_hints(root)
    inner = {f.name: hints[f.name] for f in fields(root) if is_dataclass(hints[f.name])}
    return {"": root, **inner}


@cache
def entries(root: type) -> tuple[Entry, ...]:
    """Every setting except those of platforms."""
    return tuple(entry for table, cls in tables(root).items() for entry in _entries_of(cls, table))


def platform_entries(names: Collection[str]) -> list[Entry]:
    """Every setting of these platforms, with the defaults of each platform."""
    return [
        Entry(entry.table, entry.key, entry.kind, getattr(KNOWN[name], entry.key), entry.rules)
        if name in KNOWN
        else entry
        for name in names
        for entry in _entries_of(Platform, f"platforms.{name}")
    ]


@cache
def _entries_of(cls: type, table: str) -> tuple[Entry, ...]:
    hints = get_type_hints(cls)
    return tuple(
        Entry(table, f.name, hints[f.name], f.default, f.metadata)
        for f in fields(cls)
        if "help" in f.metadata
    )
