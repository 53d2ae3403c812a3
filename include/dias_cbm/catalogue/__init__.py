"""Catalogues of the platforms: one interface, one adapter per protocol."""

from __future__ import annotations

from dias_cbm.catalogue.base import Capabilities, Catalogue, Page, Quarantined, Query, Skipped
from dias_cbm.config.settings import settings

__all__ = [
    "Capabilities",
    "Catalogue",
    "Page",
    "Quarantined",
    "Query",
    "Skipped",
    "open_catalogue",
]


def open_catalogue(
    platform: str, base_url: str | None = None, *, shared: bool = False
) -> Catalogue:
    """Open the catalogue of a platform; close it when done.

    :param platform: a name in the setting ``platforms``.
    :param base_url: instead of the platform's ``catalogue_url``.
    :param shared: share the platform's rate limit with all processes that use the database.
    :raises SettingsError: unknown platform or protocol, or no address for it.
    """
    from dias_cbm.catalogue import protocols
    from dias_cbm.catalogue.accounts import service_of
    from dias_cbm.transport.http import Client
    from dias_cbm.transport.rate_limit import SharedBucket
    from dias_cbm.transport.tokens import Tokens

    configured = settings()
    service = service_of(platform, base_url)
    if service.protocol == protocols.POSTGIS:
        from dias_cbm.catalogue.adapters.sobloo_postgis import SoblooPostgis

        return SoblooPostgis(platform, service.catalogue_url, service.catalogue_sql)
    adapter = protocols.adapter(service.protocol)
    bucket = SharedBucket(platform, configured.http.requests_per_s) if shared else None
    tokens = Tokens(platform, service) if service.token_url and service.username else None
    client = Client(platform, bucket=bucket, authorisation=tokens.header if tokens else None)
    return adapter(platform, service.catalogue_url, client=client)
