"""Findings of a check: one part of an installation, its state, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """State of one part of an installation."""

    OK = "ok"
    BROKEN = "broken"
    UNUSED = "not used"
    UNKNOWN = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of an installation.

    :param what: e.g. ``database``.
    :param detail: what was found, in one line without secrets.
    :param todo: what to do; empty where there is nothing to do.
    :param figures: what was counted, for programs.
    """

    what: str
    state: State
    detail: str = ""
    todo: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


def ok(what: str, detail: str) -> Finding:
    """It works."""
    return Finding(what, State.OK, detail)


def broken(what: str, detail: str, todo: str) -> Finding:
    """It does not work, or is needed and missing."""
    return Finding(what, State.BROKEN, detail, todo)


def unused(what: str, detail: str, todo: str) -> Finding:
    """It is not set up, which is fine if nobody needs it."""
    return Finding(what, State.UNUSED, detail, todo)


def unknown(what: str, detail: str, todo: str = "") -> Finding:
    """It could not be checked."""
    return Finding(what, State.UNKNOWN, detail, todo)
