"""The host, as the window sees it: who is it, where is the database, start a run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from starlette.requests import Request

from dias_cbm.db.connection import Connection
from dias_cbm.errors import CbmError
from dias_cbm.window.rights import User


class RunRefused(CbmError):
    """The host starts no such run."""


class Host(Protocol):
    """Airflow, or the desk of an analyst."""

    @property
    def language(self) -> str:
        """The language of pages for a browser that asks for none of ours, e.g. ``en``."""

    @property
    def can_operate(self) -> bool:
        """Whether it has DAGs to start."""

    @property
    def login(self) -> str | None:
        """Where to log in, from the mount on, e.g. ``../login``; takes ``next``, the way back.

        None if there is no such page.
        """

    async def user(self, request: Request) -> User | None:
        """Who is logged in; None if nobody is."""

    async def holder(self, user_id: str, user_name: str) -> User | None:
        """The user who made an API key, with the rights of today; None if there is none by now."""

    def connect(self) -> Connection:
        """Open the database by :func:`~dias_cbm.window.gate.limited`.

        Called in a thread.

        :raises psycopg.OperationalError: it does not answer in time.
        """

    def services(self) -> AbstractContextManager[None]:
        """Use the host's accounts of platforms and stores within this context; in a thread."""

    async def start_dag(self, dag_id: str, conf: Mapping[str, Any], user: User) -> str:
        """Start a run in the name of a user.

        :returns: the id of the run.
        :raises RunRefused: the host has no such DAG, or the user may not start it.
        """

    def secret(self) -> bytes:
        """What signed addresses are signed with: the same in all processes, never shown."""
