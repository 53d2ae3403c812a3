"""Sentences of the stages in the reader's language.

Stages write their sentences in English, by template, and many are stored with a run. Here each
template stands beside the same one in another language: what a sentence was filled with is found
in it, and put in again. A sentence that no template fits stays as it is, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from dias_cbm.window import shell
from dias_cbm.window.languages import danish
from dias_cbm.window.languages.phrases import Sentences

_KNOWN: Mapping[str, Sentences] = {"da": danish.SENTENCES}
#: Names of the values of answers that are sentences, or lists of them.
FIELDS = frozenset(
    {"sentence", "remark", "because", "since", "sentences", "remarks", "notes", "why", "why_not"}
)


def spoken(request: Request, value: Any) -> Any:
    """An answer with its sentences in the language of the request.

    For a reader of another language, every object with a sentence says in ``language`` which one
    its sentences are in: all of them in the reader's, or if one cannot be said in it, in English.

    :param value: of objects, lists and plain values, as JSON has them; not changed.
    """
    language = shell.language(request, request.app.state.context)
    return in_language(value, language) if language in _KNOWN else value


def in_language(value: Any, language: str) -> Any:
    """As :func:`spoken`, in the language of a code, e.g. ``da``."""
    if isinstance(value, Mapping):
        return _object(value, language)
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping | list | tuple):
        return [in_language(one, language) for one in value]
    return value


def _object(value: Mapping[str, Any], language: str) -> dict[str, Any]:
    found = {
        name: one if _is_said(name, one) else in_language(one, language)
        for name, one in value.items()
    }
    english = {name: one for name, one in value.items() if _is_said(name, one)}
    if not english:
        return found
    other = {name: _said(one, language) for name, one in english.items()}
    whole = language in _KNOWN and all(one is not None for one in other.values())
    return {**found, **(other if whole else english), "language": language if whole else "en"}


def _is_said(name: str, value: Any) -> bool:
    texts = value if isinstance(value, list | tuple) else [value]
    return name in FIELDS and bool(texts) and all(isinstance(one, str) for one in texts)


def _said(value: Any, language: str) -> Any:
    """One sentence or a list of them in a language; None if that cannot be."""
    known = _KNOWN.get(language)
    if known is None:
        return None
    if isinstance(value, str):
        return known.say(value)
    texts = [known.say(one) for one in value]
    return None if None in texts else texts
