"""Accounts for catalogues, from the caller or from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dias_cbm.config.platforms import Platform
from dias_cbm.config.settings import settings
from dias_cbm.transport.overrides import PlatformOverrides


@dataclass(frozen=True, slots=True)
class Account:
    """An account that overrides the settings; empty values leave the settings in force.

    :param url: of the catalogue.
    """

    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)


_overrides = PlatformOverrides[Account]("catalogue_accounts")
#: Context manager: while it is entered, a function provides the accounts of platforms.
accounts_from = _overrides.use


def service_of(platform: str, base_url: str | None = None) -> Platform:
    """The services of a platform, with the account for its catalogue.

    :param base_url: instead of any other address of the catalogue.
    :raises SettingsError: the platform is unknown, or closed and without a URL.
    """
    account = _overrides.get(platform) or Account()
    service = settings().service(platform, base_url or account.url or None)
    if account.username:
        return replace(service, username=account.username, password=account.password)
    return service
