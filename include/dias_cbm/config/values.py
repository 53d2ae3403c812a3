"""Description of one setting, and conversion of its value from TOML or from text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import field
from types import NoneType
from typing import Any, get_args, get_origin

from dias_cbm.errors import SettingsError

#: Prefix of all environment variables.
PREFIX = "CBM_"

_KINDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a list",
}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def setting(
    default: Any,
    help: str,  # noqa: A002
    *,
    unit: str = "",
    example: Any = None,
    positive: bool = False,
    choices: Iterable[Any] = (),
    needed: bool = False,
    secret: bool = False,
) -> Any:
    """A field of a table of settings.

    :param default: None for a setting that may be left without a value.
    :param help: its meaning in a few words, for the user.
    :param unit: unit of a number; a share is from 0 to 1.
    :param example: an example value, where the default is None or an empty list.
    :param positive: 0 is refused.
    :param choices: the values allowed; for a list, those allowed for an item.
    :param needed: an empty list is refused.
    :param secret: the value is never shown, not even in an error.
    """
    return field(
        default=default,
        repr=not secret,
        metadata={
            "help": help,
            "unit": unit,
            "example": example,
            "positive": positive,
            "choices": tuple(str(one) if isinstance(one, str) else one for one in choices),
            "needed": needed,
            "secret": secret,
        },
    )


def convert(value: Any, kind: Any, rules: Any, *, text: bool, subject: str) -> Any:
    """Convert a value to the type of its setting, and check that it is allowed.

    :param kind: ``str``, ``int``, ``float``, ``bool``, one of them or None, or ``tuple[one, ...]``.
    :param rules: the field's metadata from :func:`setting`.
    :param text: from the environment: a list is separated by commas, and empty means no value.
    :param subject: place of the value, for the message.
    :raises SettingsError: the value is not of this type, or not allowed.
    """
    inner, optional = _without_none(kind)
    if optional and value == "":
        return None
    if get_origin(inner) is tuple:
        return _list(value, get_args(inner)[0], rules, text=text, subject=subject)
    converted = _one(value, inner, rules, text=text, subject=subject)
    if rules["positive"] and converted <= 0:
        raise SettingsError(f"{converted} is not positive", subject=subject)
    if rules["unit"] == "share" and not 0 <= converted <= 1:
        raise SettingsError(f"{converted} is not a share from 0 to 1", subject=subject)
    return converted


def _without_none(kind: Any) -> tuple[Any, bool]:
    parts = get_args(kind)
    if NoneType not in parts:
        return kind, False
    return next(part for part in parts if part is not NoneType), True


def _list(value: Any, item: type, rules: Any, *, text: bool, subject: str) -> tuple[Any, ...]:
    if text:
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise SettingsError(
            f"{value!r} is not a list", subject=subject, hint='write it as ["one", "two"]'
        )
    if rules["needed"] and not value:
        raise SettingsError("empty list", subject=subject, hint=_hint(rules["choices"]))
    found = [_one(part, item, rules, text=text, subject=subject) for part in value]
    return tuple(dict.fromkeys(found))


def _one(value: Any, kind: type, rules: Any, *, text: bool, subject: str) -> Any:
    wrong = "the value" if rules["secret"] else repr(value)
    try:
        converted = _from_text(value, kind) if text else _from_toml(value, kind)
    except (KeyError, TypeError, ValueError):
        raise SettingsError(f"{wrong} is not {_KINDS[kind]}", subject=subject) from None
    if rules["choices"] and converted not in rules["choices"]:
        raise SettingsError(
            f"{wrong} is not available", subject=subject, hint=_hint(rules["choices"])
        )
    if kind in (int, float) and not 0 <= converted < math.inf:
        raise SettingsError(f"{wrong} is out of range", subject=subject)
    return converted


def _from_text(value: str, kind: type) -> Any:
    return _TRUTHS[value.lower()] if kind is bool else kind(value)


def _from_toml(value: Any, kind: type) -> Any:
    # An integer is accepted as a number; a string is not, nor is a boolean as an integer.
    if type(value) not in (kind, int if kind is float else kind):
        raise TypeError
    return kind(value)


def _hint(choices: tuple[Any, ...]) -> str | None:
    if not choices:
        return None
    *most, last = (str(one) for one in choices)
    return f"use {', '.join(most)} or {last}" if most else f"use {last}"
