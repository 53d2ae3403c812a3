"""Values of settings: from TOML, which has types, or from the environment, which has only text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

from dias_cbm.errors import SettingsError

#: What the environment variables begin with.
PREFIX = "CBM_"


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def typed_values(cls: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a dataclass's fields as its types have them, within what its metadata allows.

    :raises SettingsError: a value that cannot be one; names the field.
    """
    hints = _hints(cls)
    typed = {name: _convert(name, value, hints[name]) for name, value in values.items()}
    for f in fields(cls):
        if f.metadata.get("positive") and typed.get(f.name, 1) <= 0:
            raise SettingsError(f"{typed[f.name]} is not positive", subject=f.name)
        choices = f.metadata.get("choices")
        if choices and typed.get(f.name, choices[0]) not in choices:
            raise SettingsError(
                f"{typed[f.name]!r} is not available",
                subject=f.name,
                hint=f"use {' or '.join(choices)}",
            )
    return typed


def _convert(name: str, value: Any, kind: type) -> Any:
    """A value from TOML, which has types, or from the environment, which has only text."""
    try:
        if kind is bool and isinstance(value, str):
            return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
        # A number is not a text, a truth not a number, and 2.5 not a whole one.
        if type(value) not in (str, kind, int if kind is float else kind):
            raise TypeError
        converted = kind(value)
        if kind in (int, float) and not 0 <= converted < math.inf:
            raise SettingsError(f"{value!r} is out of range", subject=name)
        return converted
    except (KeyError, TypeError, ValueError):
        raise SettingsError(f"{value!r} is not a {kind.__name__}", subject=name) from None
