"""Access tokens: used until shortly before they expire, then refreshed without a new login.

Every login opens a session, and platforms allow few of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dias_cbm.config.platforms import Platform
from dias_cbm.errors import CatalogueError, SchemaChanged, Unavailable
from dias_cbm.transport.http import Client

#: A token that expires within this, or within a fifth of its lifetime, is no longer used.
EARLY_S = 60.0
_DEFAULT_LIFE_S = 600.0


@dataclass(frozen=True, slots=True)
class _Token:
    """One token and the time, by the clock, until which it is used."""

    text: str
    until: float


class Tokens:
    """The tokens of one account at one platform; may be shared by threads.

    With a ``client_id`` the request is a form, as for Keycloak; without one it is JSON, as for
    WEkEO.

    :param service: ``token_url``, ``client_id``, ``username`` and ``password`` are used.
    :param client: transport; else one of its own.
    """

    def __init__(
        self,
        platform: str,
        service: Platform,
        *,
        client: Client | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._platform, self._service, self._clock = platform, service, clock
        self._client = client
        self._lock = threading.Lock()
        self._access: _Token | None = None
        self._refresh: _Token | None = None

    def header(self) -> str:
        """The value of the ``Authorization`` header; requests a token when there is no valid one.

        :raises Unauthorised: the service refuses the account.
        :raises CatalogueError: it does not give a usable answer.
        """
        with self._lock:
            if self._access is None or self._clock() >= self._access.until:
                self._access = self._renew()
            return f"Bearer {self._access.text}"

    def _renew(self) -> _Token:
        client = self._client or Client(f"{self._platform} token")
        try:
            return self._keep(self._ask(client))
        finally:
            if self._client is None:
                client.close()

    def _ask(self, client: Client) -> Any:
        if not self._service.client_id:
            account = {"username": self._service.username, "password": self._service.password}
            return client.post_json(self._service.token_url, account)
        if self._refresh is not None and self._clock() < self._refresh.until:
            try:
                return self._form(
                    client, grant_type="refresh_token", refresh_token=self._refresh.text
                )
            except CatalogueError as error:
                # The session has ended early: expired refresh tokens are refused with 400.
                if isinstance(error, Unavailable):
                    raise
        return self._form(
            client,
            grant_type="password",
            username=self._service.username,
            password=self._service.password,
        )

    def _form(self, client: Client, **fields: str) -> Any:
        form = {"client_id": self._service.client_id} | fields
        return client.post_form(self._service.token_url, form)

    def _keep(self, reply: Any) -> _Token:
        access = reply.get("access_token") if isinstance(reply, dict) else None
        if not isinstance(access, str) or not access.isascii() or not access.isprintable():
            raise SchemaChanged("no text at $.access_token", subject=f"{self._platform} token")
        refresh = reply.get("refresh_token")
        self._refresh = None
        if isinstance(refresh, str) and refresh:
            self._refresh = _Token(refresh, self._until(reply.get("refresh_expires_in")))
        return _Token(access, self._until(reply.get("expires_in")))

    def _until(self, life: Any) -> float:
        usable = isinstance(life, int | float) and not isinstance(life, bool) and life > 0
        seconds = float(life) if usable else _DEFAULT_LIFE_S
        return self._clock() + seconds - min(EARLY_S, seconds / 5)
