"""A host of the window for tests: says who is logged in, and notes the runs it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from starlette.requests import Request

from dias_cbm.db.connection import Connection
from dias_cbm.errors import SettingsError
from dias_cbm.window import gate
from dias_cbm.window.rights import Right, User

READER = User("1", "ana", frozenset({Right.READ}))
INSPECTOR = User("2", "ida", frozenset({Right.READ, Right.DECIDE}))
OPERATOR = User("3", "ole", frozenset(Right))


class StandIn:
    """A host with one visitor.

    :param url: of the database; None: there is none.
    """

    language = "en"
    can_operate = True
    login: str | None = "../login"

    def __init__(self, url: str | None = None, logged_in: User | None = None) -> None:
        self.url, self.logged_in = url, logged_in
        self.users = {one.id: one for one in (READER, INSPECTOR, OPERATOR)}
        self.started: list[tuple[str, Mapping[str, Any], str]] = []

    async def user(self, request: Request) -> User | None:
        return self.logged_in

    async def holder(self, user_id: str, user_name: str) -> User | None:
        return self.users.get(user_id)

    def connect(self) -> Connection:
        if self.url is None:
            raise SettingsError("no database", subject="database.url")
        return gate.limited(self.url, "window test")

    def services(self) -> AbstractContextManager[None]:
        return nullcontext()

    async def start_dag(self, dag_id: str, conf: Mapping[str, Any], user: User) -> str:
        self.started.append((dag_id, conf, user.name))
        return f"run-{len(self.started)}"

    def secret(self) -> bytes:
        return b"s" * 32
