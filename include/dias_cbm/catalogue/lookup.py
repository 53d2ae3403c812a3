"""Look up one product of a platform by name."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from dias_cbm.catalogue.adapters.odata_entry import read_entry
from dias_cbm.config.settings import settings
from dias_cbm.errors import BadQuery, SchemaChanged, SettingsError
from dias_cbm.scenes import Kind, Scene, stem
from dias_cbm.transport.http import Client


def find_by_name(platform: str, name: str) -> Scene | None:
    """The product of that name, of any kind that is processed; None if the platform has none.

    Of several publications the latest counts.

    :param name: with or without ``.SAFE``.
    :raises SettingsError: the platform's catalogue is not an OData service.
    :raises CatalogueError: it does not give a usable answer.
    """
    service = settings().service(platform)
    if service.protocol != "odata":
        raise SettingsError("its catalogue cannot be searched by name", subject=platform)
    if not name.isprintable() or "'" in name:
        raise BadQuery("not a product name", subject=repr(name))
    base = stem(name)
    either = " or ".join(f"Name eq '{one}'" for one in (base, f"{base}.SAFE"))
    parameters = {"$filter": f"({either})", "$expand": "Attributes", "$top": "20"}
    with closing(Client(platform)) as client:
        reply = client.get_json(service.catalogue_url.rstrip("/") + "/Products", parameters)
    entries = _entries(reply, platform)
    read = [
        read_entry(entry, f"value[{index}]", platform, tuple(Kind))
        for index, entry in enumerate(entries)
    ]
    scenes = [one if isinstance(one, Scene) else getattr(one, "scene", None) for one in read]
    found = [scene for scene in scenes if scene is not None and scene.name == base]
    return max(found, key=_published, default=None)


def _published(scene: Scene) -> float:
    return scene.published.timestamp() if scene.published else 0.0


def _entries(reply: Any, platform: str) -> list[Any]:
    entries = reply.get("value") if isinstance(reply, dict) else None
    if not isinstance(entries, list):
        raise SchemaChanged("no list at value", subject=platform)
    return entries
