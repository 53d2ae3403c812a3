"""Credentials of stores, from the caller or from the settings."""

from __future__ import annotations

from dias_cbm.config.settings import settings
from dias_cbm.storage.base import Credentials
from dias_cbm.transport.overrides import PlatformOverrides

_overrides = PlatformOverrides[Credentials]("store_credentials")
#: Context manager: while it is entered, a function provides the credentials of platforms.
credentials_from = _overrides.use


def credentials_of(platform: str) -> Credentials | None:
    """The credentials of a platform's store; None if neither caller nor settings have any."""
    given = _overrides.get(platform)
    if given is not None:
        return given
    service = settings().known(platform)
    if not service.store_user:
        return None
    return Credentials(service.store_user, service.store_secret, service.store_token)
