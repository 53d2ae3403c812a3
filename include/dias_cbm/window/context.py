"""The context that every router is made with: the host, the gate, and who may pass."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

from fastapi import HTTPException, Request, status

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season
from dias_cbm.window import keys
from dias_cbm.window.data.memory import Memory
from dias_cbm.window.gate import Gate, only_looks
from dias_cbm.window.host import Host
from dias_cbm.window.map.season_map import SeasonMaps
from dias_cbm.window.rights import Right, User, may
from dias_cbm.window.workroom import Workroom

P = ParamSpec("P")
T = TypeVar("T")

Passing = Callable[[Request], Awaitable[User]]


class Context:
    """Host, gate and workroom of one application.

    :param prefix: path under which a proxy shows the application, for absolute addresses.
    """

    def __init__(self, host: Host, gate: Gate, prefix: str = "") -> None:
        self.host, self.gate, self.prefix = host, gate, prefix
        self.memory, self.maps = Memory(), SeasonMaps()
        self.pictures = Workroom()

    def right(self, right: Right) -> Passing:
        """A dependency that lets only those pass who have a right, and returns the user.

        If the address names a ``season``, the right is needed there.
        """

        async def passing(request: Request) -> User:
            user = await self.user(request)
            if not may(user, right, request.path_params.get("season")):
                raise HTTPException(status.HTTP_403_FORBIDDEN, f"you may not {right} here")
            return user

        return passing

    async def person(self, request: Request) -> User:
        """A dependency that lets only those pass who are logged in themselves, not by a key."""
        user = await self.user(request)
        if user.by_key or not may(user, Right.READ):
            raise HTTPException(status.HTTP_403_FORBIDDEN, "log in yourself: a key may not do this")
        return user

    async def user(self, request: Request) -> User:
        """Who asks: the holder of an API key, else who is logged in.

        :raises HTTPException: 401: nobody, or the key is not good.
        """
        given = keys.given(request.headers.get("authorization"))
        if given is not None:
            user = await self._by_key(given)
        else:
            user = await self.host.user(request)
        if user is None:
            basic = request.headers.get("authorization", "").lower().startswith("basic ")
            asks = {"WWW-Authenticate": 'Basic realm="CbM", charset="UTF-8"'} if basic else None
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "log in again", asks)
        return user

    async def run(
        self, work: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Do work with a connection; see :meth:`Gate.run`."""
        return await self.gate.run(work, *arguments, **named)

    async def run_writing(
        self, work: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """The same for a request that looks, but whose work writes or reads keys."""
        token = only_looks.set(False)
        try:
            return await self.run(work, *arguments, **named)
        finally:
            only_looks.reset(token)

    async def of_season(
        self,
        season: str,
        work: Callable[Concatenate[Connection, Season, P], T],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Do work on a season with a connection; see :meth:`Gate.run`.

        :param season: its name.
        :raises SeasonError: there is no such season.
        """

        def look_up(connection: Connection) -> T:
            return work(connection, seasons.get(connection, season), *arguments, **named)

        return await self.run(look_up)

    async def picture(self, work: Callable[[], T]) -> T:
        """Read products with the host's accounts, where they hold up nothing else.

        :raises TooSlow: the store does not deliver in time.
        :raises Crowded: too many wait.
        """

        def with_accounts() -> T:
            with self.host.services():
                return work()

        return await self.pictures.run(with_accounts)

    async def _by_key(self, given: keys.Given) -> User | None:
        key = await self.run_writing(keys.find, given)
        if key is None:
            return None
        return key.user(await self.host.holder(key.user_id, key.user_name))
