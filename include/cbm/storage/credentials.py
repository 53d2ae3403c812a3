"""What stores are opened with: from whoever runs us, or from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cbm.settings import settings
from cbm.storage.base import Credentials

Provider = Callable[[str], Credentials | None]

_provider: ContextVar[Provider | None] = ContextVar("store_credentials", default=None)


@contextmanager
def credentials_from(provider: Provider) -> Iterator[None]:
    """Ask here for the credentials of platforms, for as long as entered.

    :param provider: takes a platform; where it has none, the settings count.
    """
    token = _provider.set(provider)
    try:
        yield
    finally:
        _provider.reset(token)


def credentials_of(platform: str) -> Credentials | None:
    """The credentials of a platform's store; None if nobody has any."""
    provider = _provider.get()
    given = provider(platform) if provider else None
    if given is not None:
        return given
    service = settings().known(platform)
    if not service.store_user:
        return None
    return Credentials(service.store_user, service.store_secret, service.store_token)
