"""Formats of replies: JSON and XML parsed safely, and a platform's own error texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from lxml import etree

_EXCERPT = 300
_TAG = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class Format(NamedTuple):
    """A format of reply bodies.

    :param name: for messages.
    :param fits: whether a content type, in lower case, may have this format.
    :param parse: raises ValueError, RecursionError or XMLSyntaxError for a body of another format.
    """

    name: str
    fits: Callable[[str], bool]
    parse: Callable[[bytes], Any]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _xml_of(body: bytes) -> etree._Element:
    # A new parser each time: one that failed is not reused.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(body, parser)
    if root is None:
        raise ValueError("no element")
    return root


JSON = Format(
    "JSON",
    lambda kind: "json" in kind,
    lambda body: json.loads(body, parse_constant=_refuse_constant),
)
XML = Format("XML", lambda kind: "xml" in kind and "xhtml" not in kind, _xml_of)
TEXT = Format(
    "plain text",
    lambda kind: "html" not in kind and "xml" not in kind and "json" not in kind,
    bytes.decode,
)


def excerpt(body: bytes) -> str:
    """The platform's error text: the message of a JSON error body, else the text of the page."""
    text = body[: 64 * 1024].decode("utf-8", "replace")
    try:
        text = message_of(json.loads(text)) or text
    except (ValueError, RecursionError):
        text = _TAG.sub(" ", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text[:_EXCERPT] or "no message"


def message_of(value: Any) -> str:
    """The first readable text in an error body, however the platform nests it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, (message_of(item) for item in value[:3])))
    if isinstance(value, dict):
        for key in ("detail", "message", "msg", "error", "ErrorMessage", "title"):
            if text := message_of(value.get(key)):
                return text
    return ""
