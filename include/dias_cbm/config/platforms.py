"""Where each platform's services are: what is known of them, and what the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dias_cbm.config.values import PREFIX, typed_values
from dias_cbm.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Platform:
    """Where one platform's services are; each can be set apart from the others.

    :param catalogue_url: base of its catalogue API; empty means the public service.
    :param store: where its products are read: ``files:/eodata`` for a mounted store,
        ``s3://BUCKET?endpoint=URL``, ``swift://CONTAINER?auth=URL``; see docs/stores.md.
    :param store_user: access key of S3, user of Swift; a secret, like the next two.
    :param store_secret: secret key of S3, key or password of Swift.
    :param store_token: session token of S3, where there is one.
    :param second_source: of CARD products that its catalogue lacks: ``store`` to list its store, or
        the address of daily CSV lists; empty: none.
    :param store_connections: to its store at one time, from all processes of one machine.
    :param closed: the public service is gone; ``catalogue_url`` must be given.
    :param protocol: what its catalogue speaks.
    :param catalogue_sql: what to select, where the catalogue is a table.
    :param order_url: base of its on-demand production (OData); empty: it makes nothing on order.
    :param orders_per_month: products that the account may order in a calendar month; 0: no limit.
    :param orders_at_once: orders that may run at one time; 0: no limit.
    :param token_url: where access tokens are had; empty if none are needed.
    :param client_id: of the token service; empty for one that takes JSON instead of a form.
    :param password: of ``username``; best given in the environment.
    :param bs_latency_hours: usual age of CARD-BS at publication there, if not the general one;
        so for the other cards.
    :param bs_give_up_days: after this long its gaps are given up, if not the general time; so for
        the other cards.
    """

    catalogue_url: str = ""
    store: str = "files:/eodata"
    closed: bool = False
    protocol: str = "odata"
    catalogue_sql: str = ""
    token_url: str = ""
    client_id: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    bs_latency_hours: float = 0.0
    c6_latency_hours: float = 0.0
    s2_latency_hours: float = 0.0
    bs_give_up_days: float = 0.0
    c6_give_up_days: float = 0.0
    s2_give_up_days: float = 0.0
    store_user: str = field(default="", repr=False)
    store_secret: str = field(default="", repr=False)
    store_token: str = field(default="", repr=False)
    second_source: str = ""
    store_connections: int = field(default=4, metadata={"positive": True})
    order_url: str = ""
    orders_per_month: int = 25
    orders_at_once: int = 1


#: The platform whose products are made here; it has a folder, and no catalogue.
MADE = "made"


_CDSE_TOKENS = (
    "https://identity.dataspace.copernicus.eu/auth/realms/CDSE/protocol/openid-connect/token"
)

#: By name, as the settings have them at first.
KNOWN: Mapping[str, Platform] = {
    "cdse": Platform(
        "https://catalogue.dataspace.copernicus.eu/odata/v1",
        order_url="https://odp.dataspace.copernicus.eu/odata/v1",
        token_url=_CDSE_TOKENS,
        client_id="cdse-public",
    ),
    "creodias": Platform("https://datahub.creodias.eu/odata/v1"),
    MADE: Platform(closed=True, store="files:.run/made"),
    "cdse-stac": Platform("https://stac.dataspace.copernicus.eu/v1", protocol="stac"),
    "cdse-resto": Platform(closed=True, protocol="resto"),
    "creodias-resto": Platform(closed=True, protocol="resto"),
    "creodias-atom": Platform(closed=True, protocol="resto-atom"),
    "mundi": Platform(closed=True, protocol="mundi"),
    "sobloo": Platform(closed=True, protocol="sobloo"),
    "sobloo-postgis": Platform(closed=True, protocol="sobloo-postgis"),
    "onda": Platform(closed=True, protocol="onda"),
    "wekeo": Platform(
        "https://gateway.prod.wekeo2.eu/hda-broker/api/v1",
        protocol="wekeo",
        token_url="https://gateway.prod.wekeo2.eu/hda-broker/gettoken",  # noqa: S106
    ),
    "local": Platform("http://127.0.0.1:8400/odata/v1", "files:.run/demo/eodata"),
}


def configured(tables: Any, environ: Mapping[str, str], path: Path) -> dict[str, Platform]:
    """Every platform by name: those that are known, and those of the settings' file.

    :param tables: ``[platforms]`` of the file.
    :param path: of the file, for messages.
    :raises SettingsError: no tables, an unknown key, or a value of the wrong type.
    """
    if not isinstance(tables, dict):
        raise SettingsError("platforms must be a table", subject=path, hint="[platforms.NAME]")
    platforms = {}
    for name in {*KNOWN, *tables}:
        table = tables.get(name, {})
        if not isinstance(table, dict):
            raise SettingsError(f"platforms.{name} must be a table", subject=path)
        base = KNOWN.get(name, Platform())
        values = {f.name: getattr(base, f.name) for f in fields(Platform)}
        unknown = sorted(set(table) - set(values))
        if unknown:
            raise SettingsError(f"unknown setting platforms.{name}.{unknown[0]}", subject=path)
        values |= table
        prefix = stem(name)
        values |= {
            key: environ[prefix + key.upper()] for key in values if prefix + key.upper() in environ
        }
        platforms[name] = Platform(**typed_values(Platform, values))
    return platforms


def stem(platform: str) -> str:
    """What the environment variables of a platform begin with; a shell takes no dash in a name."""
    return f"{PREFIX}PLATFORMS_{platform.upper().replace('-', '_')}_"
