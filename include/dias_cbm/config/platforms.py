"""Platforms: the addresses and accounts of their services, known or set by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dias_cbm.config.values import PREFIX, setting


@dataclass(frozen=True, slots=True)
class Platform:
    """The services of one platform; each can be set separately."""

    catalogue_url: str = setting("", "base address of its catalogue API")
    protocol: str = setting("odata", "protocol of its catalogue; see docs/catalogues.md")
    catalogue_sql: str = setting(
        "",
        "query that selects its products, if the catalogue is a database table",
    )
    closed: bool = setting(
        False, "the public service has been shut down: give the `catalogue_url` of a mirror"
    )
    simulated: bool = setting(False, "its products are not real, and mails say so")
    store: str = setting(
        "files:/eodata",
        "address of its product store: `files:/eodata` for a mounted one,"
        " `s3://BUCKET?endpoint=URL`, `swift://CONTAINER?auth=URL`; see docs/stores.md",
    )
    store_user: str = setting(
        "", "access key of S3, user of Swift; best given in the environment", secret=True
    )
    store_secret: str = setting(
        "", "secret key of S3, key or password of Swift; best given in the environment", secret=True
    )
    store_token: str = setting("", "session token of S3, if it needs one", secret=True)
    store_connections: int = setting(
        4, "maximum connections to its store, from all processes of a machine", positive=True
    )
    second_source: str = setting(
        "",
        "source of CARD products that its catalogue lacks: `store` to list its store, or the"
        " address of daily CSV lists",
    )
    order_url: str = setting(
        "",
        "base address of its on-demand production (OData), if it has one",
    )
    orders_per_month: int = setting(
        25, "products that the account may order in a calendar month; 0 for no limit"
    )
    orders_at_once: int = setting(1, "orders that may run at the same time; 0 for no limit")
    token_url: str = setting("", "address of its token service, if it needs access tokens")
    client_id: str = setting(
        "",
        "client of the token service, asked with a form; without a client it is asked with JSON",
    )
    username: str = setting("", "user name of the account")
    password: str = setting(
        "", "password of the account; best given in the environment", secret=True
    )
    bs_latency_hours: float | None = setting(
        None, "as in [completeness], for this platform", unit="hours", example=48.0
    )
    c6_latency_hours: float | None = setting(
        None, "as in [completeness], for this platform", unit="hours", example=72.0
    )
    s2_latency_hours: float | None = setting(
        None, "as in [completeness], for this platform", unit="hours", example=36.0
    )
    bs_give_up_days: float | None = setting(
        None,
        "age at which gaps of CARD-BS are given up, for this platform",
        unit="days",
        example=30.0,
    )
    c6_give_up_days: float | None = setting(
        None, "the same for CARD-COH6 and CARD-COH12", unit="days", example=30.0
    )
    s2_give_up_days: float | None = setting(None, "the same for CARD-2A", unit="days", example=30.0)


#: The platform of the products that are made here; it has a folder but no catalogue.
MADE = "made"

_CDSE_TOKENS = (
    "https://identity.dataspace.copernicus.eu/auth/realms/CDSE/protocol/openid-connect/token"
)

#: Known platforms by name, with their default settings.
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
    # A mounted store or a local service; its addresses have no default.
    "local": Platform(),
}


def stem(platform: str) -> str:
    """Start of a platform's environment variables; a dash, which shells refuse, is replaced."""
    return f"{PREFIX}PLATFORMS_{platform.upper().replace('-', '_')}_"
