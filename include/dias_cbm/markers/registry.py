"""The markers by name: those of this library, and a user's own.

A distribution adds its own under the entry point group ``dias_cbm.markers``: an entry point names
a :class:`~dias_cbm.markers.marker.Marker`, or a class or function that returns one when called
without arguments. Its name must be the marker's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from dias_cbm.errors import MarkerError
from dias_cbm.markers.marker import Marker

GROUP = "dias_cbm.markers"

#: Name -> ``module:class`` of the markers of this library, imported when they are asked for.
BUILT_IN: Mapping[str, str] = {
    "bare_soil": "dias_cbm.markers.bare:BareSoil",
    "catch_crop": "dias_cbm.markers.catch_crop:CatchCrop",
    "cover": "dias_cbm.markers.cover:Cover",
    "emergence": "dias_cbm.markers.emergence:Emergence",
    "fallow": "dias_cbm.markers.fallow:Fallow",
    "grassland_conversion": "dias_cbm.markers.grassland:GrasslandConversion",
    "harvest": "dias_cbm.markers.harvest:Harvest",
    "homogeneity": "dias_cbm.markers.homogeneity:Homogeneity",
    "other_use": "dias_cbm.markers.other_use:OtherUse",
    "ploughing": "dias_cbm.markers.ploughing:Ploughing",
    "mowing": "dias_cbm.markers.mowing:Mowing",
    "presence": "dias_cbm.markers.presence:Presence",
}

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def names() -> list[str]:
    """Names of all markers, in order; this library's before others of the same name."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def get(name: str) -> Marker:
    """The marker of that name.

    :raises MarkerError: there is none, or it cannot be loaded, or it is not a marker.
    """
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return _marker(name, getattr(import_module(module), attribute))
    for point in entry_points(group=GROUP, name=name):
        return _marker(name, _loaded(point))
    near = get_close_matches(name, names(), 1)
    known = f"did you mean {near[0]}?" if near else f"markers: {', '.join(names()) or 'none'}"
    raise MarkerError("no such marker", subject=name, hint=known)


def chosen(wanted: Iterable[str] | None = None) -> list[Marker]:
    """The markers of these names, each once; all if there are none.

    :raises MarkerError: see :func:`get`.
    """
    return [get(name) for name in dict.fromkeys(wanted or names())]


def _loaded(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:  # whatever is wrong with it, it is named
        raise MarkerError(
            f"cannot be loaded from {point.value}: {error}",
            subject=point.name,
            hint="mend or remove the package that provides it",
        ) from error


def _marker(name: str, found: object) -> Marker:
    made = found() if callable(found) else found
    if not isinstance(made, Marker):
        raise MarkerError("is not a marker: it needs name, version, needs and run", subject=name)
    if made.name != name or not _NAME.fullmatch(name):
        raise MarkerError(
            f"calls itself {made.name!r}",
            subject=name,
            hint="use one name, of lower-case letters, digits and underscores",
        )
    return made
