"""The settings' schema: every setting by its name in the file, its type, default and variable."""

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

    :param table: in which it stands in the file; empty for none.
    :param key: its name there.
    :param rules: what :func:`dias_cbm.config.values.setting` has kept.
    """

    table: str
    key: str
    kind: Any
    default: Any
    rules: Mapping[str, Any]

    @property
    def name(self) -> str:
        """With its table: ``http.timeout_s``."""
        return f"{self.table}.{self.key}" if self.table else self.key

    @property
    def variable(self) -> str:
        """In the environment: ``CBM_HTTP_TIMEOUT_S``."""
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
    """Every setting of the library, but for those of the platforms."""
    return tuple(entry for table, cls in tables(root).items() for entry in _entries_of(cls, table))


def platform_entries(names: Collection[str]) -> list[Entry]:
    """Every setting of some platforms, each with the default that it has for this platform."""
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
