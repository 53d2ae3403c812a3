"""One setting's description, and its value from TOML, which has types, or from text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import field
from types import NoneType
from typing import Any, get_args, get_origin

from dias_cbm.errors import SettingsError

#: What the environment variables begin with.
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

    :param default: None for a setting that need not have a value.
    :param help: what it is, in a few words, as the user reads it.
    :param unit: of a number.
    :param example: of a value, where the default is None or an empty list.
    :param positive: 0 is refused.
    :param choices: the values that there are; of a list, those that an item may have.
    :param needed: an empty list is refused.
    :param secret: never shown, nor named in an error.
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
    """A value as the type of its setting has it, within what the setting allows.

    :param kind: ``str``, ``int``, ``float``, ``bool``, one of them or None, or ``tuple[one, ...]``.
    :param rules: what :func:`setting` has kept.
    :param text: from the environment: a list is separated by commas, and nothing means no value.
    :param subject: where the value stands, for the message.
    :raises SettingsError: it is none of the kind, or not allowed.
    """
    inner, optional = _without_none(kind)
    if optional and value == "":
        return None
    if get_origin(inner) is tuple:
        return _list(value, get_args(inner)[0], rules, text=text, subject=subject)
    converted = _one(value, inner, rules, text=text, subject=subject)
    if rules["positive"] and converted <= 0:
        raise SettingsError(f"{converted} is not positive", subject=subject)
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
            f"{value!r} is not a list", subject=subject, hint='such as ["one", "two"]'
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
    # A whole number will do for a number; a text is not a number, nor a truth a whole number.
    if type(value) not in (kind, int if kind is float else kind):
        raise TypeError
    return kind(value)


def _hint(choices: tuple[Any, ...]) -> str | None:
    if not choices:
        return None
    *most, last = (str(one) for one in choices)
    return f"use {', '.join(most)} or {last}" if most else f"use {last}"
