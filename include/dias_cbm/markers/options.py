"""Options of markers: the common settings, and a table for each marker in a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.errors import MarkerError
from dias_cbm.markers import registry
from dias_cbm.markers.vocabulary import VOCABULARY
from dias_cbm.small_file import small_file

#: Settings that a table may change for one marker.
_FOR_ALL = frozenset(["minimum_clear", "minimum_looks", "minimum_pixels"])
_DAYS = frozenset(["first_day", "end_day"])


def read(file: str | None) -> dict[str, dict[str, Any]]:
    """The tables of an options file, by marker.

    :raises MarkerError: it cannot be read, has a table that is not a marker's, or an option that
        one of this library's does not have or cannot use.
    """
    if file is None:
        return {}
    try:
        tables = tomllib.loads(small_file(Path(file)).decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MarkerError(
            f"cannot be read: {error}", subject=file, hint="see the setting markers.options_file"
        ) from error
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise MarkerError(
                f"{name} stands outside of a marker's table", subject=file, hint="[mowing], ..."
            )
        if name not in registry.names():
            raise MarkerError(
                f"has a table [{name}], which is not a marker",
                subject=file,
                hint=f"markers: {', '.join(registry.names())}",
            )
        if name in VOCABULARY:
            _check(name, table, file)
    return tables


def _check(marker: str, table: Mapping[str, Any], file: str) -> None:
    """Check the options of a marker of this library; those of a user's own are not known.

    :raises MarkerError: one is not an option, or of another type.
    """
    known = VOCABULARY[marker].options | _FOR_ALL
    for option, value in table.items():
        if option not in known:
            near = get_close_matches(option, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"options: {', '.join(sorted(known))}"
            raise MarkerError(f"[{marker}] has no option {option}", subject=file, hint=hint)
        if option == "crops":
            right, what = _are_texts(value), 'a list of patterns, such as ["grass*"]'
        elif option in _DAYS:
            right, what = isinstance(value, str), 'a day, such as "04-01"'
        else:
            right, what = _is_number(value), "a number"
        if not right:
            raise MarkerError(f"[{marker}] {option} must be {what}", subject=file)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def of(marker: str, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The options that a marker gets: common settings, then its own table."""
    common = settings().markers
    return {
        "minimum_clear": common.minimum_clear,
        "minimum_pixels": common.minimum_pixels,
        "minimum_looks": common.minimum_looks,
        "statistic": common.statistic,
        **tables.get(marker, {}),
    }
