"""Backgrounds of the map: tiles or a WMS of others, which only the settings can name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from dias_cbm.config.settings import settings
from dias_cbm.errors import SettingsError

SETTING = "window.backgrounds"
_HINT = "NAME=https://HOST/{z}/{x}/{y}.png, or a WMS with bbox={bbox-epsg-3857}"
# What a policy of content may name as a source; anything else could end its rule.
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", re.IGNORECASE)
_PLACES = ("{z}", "{x}", "{y}")
_BOX = "{bbox-epsg-3857}"


@dataclass(frozen=True, slots=True)
class Background:
    """Pictures behind the parcels, in Web Mercator.

    :param url: of a tile of 256 pixels, with ``{z}``, ``{x}`` and ``{y}``, or of a WMS with
        ``{bbox-epsg-3857}``.
    :param origin: scheme and host, e.g. ``https://tiles.example``.
    """

    name: str
    url: str
    origin: str


def backgrounds(given: Iterable[str] | None = None) -> list[Background]:
    """The backgrounds that a reader may choose from.

    :param given: ``NAME=URL`` each, instead of the setting ``window.backgrounds``.
    :raises SettingsError: one of them has no name, or its address cannot be used.
    """
    texts = settings().window.backgrounds if given is None else given
    found = [_background(text) for text in texts]
    if len({one.name for one in found}) < len(found):
        raise SettingsError("two backgrounds have the same name", subject=SETTING)
    return found


def origins() -> list[str]:
    """The only foreign addresses that the pages may load from."""
    return sorted({one.origin for one in backgrounds()})


def _background(text: str) -> Background:
    name, _, url = (part.strip() for part in text.partition("="))
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(_HOST.fullmatch(parts.netloc))
    except ValueError:
        usable = False
    templated = _BOX in url or all(place in url for place in _PLACES)
    if not (name and usable and templated):
        raise SettingsError(f"is not a background: {text!r}", subject=SETTING, hint=_HINT)
    return Background(name, url, f"{parts.scheme}://{parts.netloc.lower()}")
