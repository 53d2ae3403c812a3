"""Reads the settings from file and environment, checks every name, and keeps each origin."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dias_cbm.config import names, secrets
from dias_cbm.config.platforms import KNOWN, Platform
from dias_cbm.config.schema import Entry, entries, platform_entries, tables
from dias_cbm.config.values import PREFIX, convert
from dias_cbm.errors import SettingsError
from dias_cbm.small_file import small_file


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    :param kind: ``default``, ``file`` or ``environment``.
    :param place: the file with its line, or the variable; empty for a default.
    """

    kind: str
    place: str = ""

    def subject(self, name: str) -> str:
        """The setting as a message names it: by its variable, or by file, line and name."""
        return f"{self.place}: {name}" if self.kind == "file" else self.place or name


DEFAULT = Origin("default")


@dataclass(frozen=True, slots=True)
class Given:
    """The values that were read.

    :param parts: tables and plain settings by name, as the class of all settings takes them.
    :param origins: origin of each value that is given, by name.
    """

    parts: Mapping[str, Any]
    origins: Mapping[str, Origin]


def read(root: type, environ: Mapping[str, str], path: Path, *, required: bool) -> Given:
    """Read and check the settings.

    :param root: the class of all settings.
    :param environ: the variables that begin with ``CBM_``.
    :param required: a missing file is an error.
    :raises SettingsError: an unknown name, or an invalid value.
    """
    text = _text(path, required=required)
    values, platforms = _from_file(root, text, path)
    known = {e.name: e for e in (*entries(root), *platform_entries(platforms))}
    origins = {name: _in_file(path, text, known[name]) for name in values}
    variables = {entry.variable: entry for entry in known.values()}
    given, places = _from_environment(environ, variables)
    typed = {
        name: _typed(known[name], value, origins[name], text=False)
        for name, value in values.items()
        if name not in given
    }
    for name, value in given.items():
        origins[name] = Origin("environment", places[name])
        typed[name] = _typed(known[name], value, origins[name], text=True)
    return Given(_parts(root, typed, platforms), origins)


def _text(path: Path, *, required: bool) -> str:
    try:
        return small_file(path).decode()
    except FileNotFoundError:
        if required:
            raise SettingsError("no such settings file", subject=path) from None
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read: {error}", subject=path) from error


def _from_file(root: type, text: str, path: Path) -> tuple[dict[str, Any], list[str]]:
    """Values by name, and the names of all platforms: known ones and those in the file."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}", subject=path) from error
    except RecursionError:
        raise SettingsError("not settings: nested too deeply", subject=path) from None
    own = _table(tree.pop("platforms", {}), "platforms", path)
    values: dict[str, Any] = {}
    for name, table in own.items():
        rows = _table(table, f"platforms.{name}", path)
        values |= {f"platforms.{name}.{key}": value for key, value in rows.items()}
    for name, value in tree.items():
        _refuse_old(name, value, tables(root), path)
        if name in tables(root):
            values |= {f"{name}.{key}": one for key, one in _table(value, name, path).items()}
        else:
            values[name] = value
    platforms = list(dict.fromkeys([*KNOWN, *own]))
    known = [entry.name for entry in (*entries(root), *platform_entries(platforms))]
    for name in values:
        if name not in known:
            raise SettingsError(f"unknown setting {name}", subject=path, hint=_nearest(name, known))
    return values, platforms


def _table(value: Any, name: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{name} must be a table", subject=path, hint=f"[{name}]")
    return value


def _refuse_old(name: str, value: Any, known: Collection[str], path: Path) -> None:
    """Refuse an old name, unless it is now the name of a table.

    :raises SettingsError: the name is old; the message gives the new one.
    """
    if name in names.MOVED_OUT:
        raise SettingsError(
            f"{name} can only be set in the environment",
            subject=path,
            hint=f"{names.variable(name)}; see docs/upgrading.md",
        )
    if name in names.RENAMED and not (name in known and isinstance(value, dict)):
        table, _, key = names.RENAMED[name].rpartition(".")
        place = f"{key} in [{table}]" if table else key
        raise SettingsError(f"{name} is now {place}", subject=path, hint="see docs/upgrading.md")


def _from_environment(
    environ: Mapping[str, str], variables: Mapping[str, Entry]
) -> tuple[dict[str, str], dict[str, str]]:
    """Values by name, and the variable that each comes from.

    :raises SettingsError: an unknown variable; the hint names the most similar one.
    """
    given, places = {}, {}
    hidden = {name for name, entry in variables.items() if entry.secret}
    others = {*names.OTHER_VARIABLES, *names.OTHER_SECRETS}
    # In order, so that a file wins over a variable that is there but empty.
    for name, value in sorted(environ.items()):
        if name in variables:
            given[variables[name].name], places[variables[name].name] = value, name
        elif (base := secrets.base_of(name, hidden)) is not None:
            brought = secrets.secret(base, environ)
            if brought is not None:
                given[variables[base].name], places[variables[base].name] = brought, name
        elif now := names.renamed_variable(name):
            raise SettingsError(f"is now {now}", subject=name, hint="see docs/upgrading.md")
        elif name not in others and not names.of_kubernetes(name, value):
            raise SettingsError(
                "unknown setting in the environment",
                subject=name,
                hint=_nearest(name, [*variables, *names.OTHER_VARIABLES]),
            )
    return given, places


def _nearest(name: str, known: Collection[str]) -> str:
    found = get_close_matches(name, known, n=1, cutoff=0.6)
    if found:
        return f"did you mean {found[0]}?"
    if name.startswith((f"{PREFIX}PLATFORMS_", "platforms.")):
        return "a platform of your own needs a table [platforms.NAME] in the file"
    return "cbm settings show lists all"


def _typed(entry: Entry, value: Any, origin: Origin, *, text: bool) -> Any:
    subject = origin.subject(entry.name)
    return convert(value, entry.kind, entry.rules, text=text, subject=subject)


def _parts(root: type, typed: Mapping[str, Any], platforms: Collection[str]) -> dict[str, Any]:
    parts = {table: cls(**_of_table(typed, table)) for table, cls in tables(root).items() if table}
    services = {
        name: Platform(
            **{
                entry.key: typed.get(entry.name, entry.default)
                for entry in platform_entries([name])
            }
        )
        for name in platforms
    }
    plain = {name: value for name, value in typed.items() if "." not in name}
    return {**plain, **parts, "platforms": services}


def _of_table(typed: Mapping[str, Any], table: str) -> dict[str, Any]:
    start = f"{table}."
    return {
        name.removeprefix(start): value for name, value in typed.items() if name.startswith(start)
    }


def _in_file(path: Path, text: str, entry: Entry) -> Origin:
    line = _line(text, entry)
    return Origin("file", f"{path}:{line}" if line else str(path))


def _line(text: str, entry: Entry) -> int | None:
    """The line of the file that gives a setting its value, from 1; None if not in its table."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = header[1].strip().replace('"', "").replace(" ", "")
        elif table == entry.table and re.match(rf'\s*"?{re.escape(entry.key)}"?\s*=', line):
            return number
    return None
