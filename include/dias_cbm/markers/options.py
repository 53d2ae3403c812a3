"""Options of markers: the common settings, and a table for each marker in a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.errors import MarkerError
from dias_cbm.markers import registry
from dias_cbm.small_file import small_file


def read(file: str | None) -> dict[str, dict[str, Any]]:
    """The tables of an options file, by marker.

    :raises MarkerError: it cannot be read, or has a table that is not a marker's.
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
    return tables


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
