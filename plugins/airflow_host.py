"""The window's host in Airflow: its login, its roles, its connections and its DAGs.

Right of the window -> what Airflow must allow:

=========  ==================================  ================================================
right      SimpleAuthManager, by the role      FAB, by permissions
=========  ==================================  ================================================
read       viewer and above                    ``can_read on Website``
decide     user and above                      ``can_create on CbM decisions``
operate    op and above                        ``can_create on DAG Runs`` of the gap recheck
=========  ==================================  ================================================

Under any other manager nobody may do anything.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import anyio
import anyio.to_thread
import httpx
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import (
    AccessView,
    DagAccessEntity,
    DagDetails,
)
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from airflow.configuration import conf
from fastapi import HTTPException
from fastapi.security import HTTPAuthorizationCredentials
from sqlalchemy.exc import NoResultFound

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.window import gate
from dias_cbm.window.host import RunRefused
from dias_cbm.window.rights import Right, User, seasons_of
from dias_cbm_airflow.operators.connections import database_url, services

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

T = TypeVar("T")

#: FAB's resource that a role needs ``can_create`` on to record decisions.
DECISIONS = "CbM decisions"
#: Whoever may start this DAG is an operator; starting another one is checked again.
RECHECK = "cbm_gaps"
#: Package of FAB's manager, which is not always installed.
_FAB = "airflow.providers.fab."
_ROLES: Mapping[str, frozenset[Right]] = {
    "viewer": frozenset({Right.READ}),
    "user": frozenset({Right.READ, Right.DECIDE}),
    "op": frozenset(Right),
    "admin": frozenset(Right),
}
#: The visitor of an Airflow that makes everybody an admin.
_ANONYMOUS = "Anonymous"
_TOKEN_S = 60
_MOST_THREADS = 4


class AirflowHost:
    """Airflow's api-server.

    :param airflow: its application, for starting runs; set by the first request.
    """

    can_operate = True
    #: Airflow's own redirection to the form of its auth manager.
    login = "../api/v2/auth/login"

    def __init__(self, airflow: ASGIApp | None = None) -> None:
        self.airflow = airflow
        self._threads = anyio.CapacityLimiter(_MOST_THREADS)

    @property
    def language(self) -> str:
        """The language of the settings."""
        return settings().window.language

    async def user(self, request: Request) -> User | None:
        """Who is logged in to Airflow, by its token or its cookie."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        bearer = None
        if scheme.lower() == "bearer":
            bearer = HTTPAuthorizationCredentials(scheme=scheme, credentials=token.strip())
        try:
            found = await get_user(request, None, bearer)
        except HTTPException:
            return None
        return await self._in_thread(lambda: user_of(get_auth_manager(), found))

    async def holder(self, user_id: str, user_name: str) -> User | None:
        """The user with this id, if Airflow still lets them in under this name."""
        return await self._in_thread(lambda: _holder(get_auth_manager(), user_id, user_name))

    def connect(self) -> Connection:
        """Open the database like every task, by Airflow's connection, else by the setting."""
        return gate.limited(database_url(), "airflow page")

    def services(self) -> AbstractContextManager[None]:
        """Airflow's connections to platforms and stores."""
        return services()

    async def start_dag(self, dag_id: str, conf: Mapping[str, Any], user: User) -> str:
        """Start a run by Airflow's own API, as that user.

        :raises RunRefused: the user may not, or Airflow refuses.
        """
        token = await self._in_thread(lambda: _token(dag_id, user))
        if self.airflow is None:
            raise RunRefused("Airflow's API is not at hand", subject=dag_id)
        body = {"logical_date": datetime.now(UTC).isoformat(), "conf": dict(conf)}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.airflow),
            base_url="http://airflow",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        ) as client:
            reply = await client.post(f"/api/v2/dags/{quote(dag_id, safe='')}/dagRuns", json=body)
        if not reply.is_success:
            problem = f"Airflow answers {reply.status_code}: {reply.text[:200]}"
            raise RunRefused(problem, subject=dag_id)
        return str(reply.json()["dag_run_id"])

    def secret(self) -> bytes:
        """Derived from the secret key that all of Airflow's servers share."""
        key = conf.get_mandatory_value("api", "secret_key").encode()
        return hmac.new(key, b"cbm window", hashlib.sha256).digest()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """FAB asks its database who may what: not in the server's loop, nor in its threads."""
        return await anyio.to_thread.run_sync(work, limiter=self._threads)


def user_of(manager: Any, found: Any) -> User:
    """A user of Airflow with rights and seasons of the window; without any if in doubt."""
    if isinstance(manager, SimpleAuthManager):
        roles = [str(found.role or "").lower()]
        rights = _ROLES.get(roles[0], frozenset())
    elif _is_fab(manager):
        roles = [role.name for role in found.roles]
        rights = _by_permissions(manager, found)
    else:
        roles, rights = [], frozenset()
    seasons = seasons_of(roles, settings().window.seasons_of_roles)
    return User(str(found.get_id()), str(found.get_name()), rights, seasons)


def _by_permissions(manager: Any, found: Any) -> frozenset[Right]:
    allowed = {
        Right.READ: manager.is_authorized_view(access_view=AccessView.WEBSITE, user=found),
        Right.DECIDE: manager.is_authorized_custom_view(
            method="POST", resource_name=DECISIONS, user=found
        ),
        Right.OPERATE: _may_start(manager, RECHECK, found),
    }
    return frozenset(right for right, given in allowed.items() if given is True)


def _may_start(manager: Any, dag_id: str, found: Any) -> bool:
    given = manager.is_authorized_dag(
        method="POST",
        access_entity=DagAccessEntity.RUN,
        details=DagDetails(id=dag_id),
        user=found,
    )
    return given is True


def _is_fab(manager: Any) -> bool:
    return any(cls.__module__.startswith(_FAB) for cls in type(manager).__mro__)


def _holder(manager: Any, user_id: str, user_name: str) -> User | None:
    found = _airflow_user(manager, user_id)
    if found is None or str(found.get_name()) != user_name:
        return None
    return user_of(manager, found)


def _airflow_user(manager: Any, user_id: str) -> Any:
    """Airflow's own user of an id; None if there is none, or none that is active."""
    if isinstance(manager, SimpleAuthManager):
        if conf.getboolean("core", "simple_auth_manager_all_admins"):
            known = [SimpleAuthManagerUser(username=_ANONYMOUS, role="admin")]
        else:
            known = manager.get_users()
        return next((one for one in known if one.get_id() == user_id), None)
    if not _is_fab(manager):
        return None
    try:
        return manager.deserialize_user({"sub": user_id})
    except (NoResultFound, ValueError):  # no such row; or not a number, so not FAB's
        return None


def _token(dag_id: str, user: User) -> str:
    """A token for one call of Airflow's API.

    :raises RunRefused: the user may not start this DAG.
    """
    manager = get_auth_manager()
    found = _airflow_user(manager, user.id)
    if found is None or not _may_start(manager, dag_id, found):
        raise RunRefused("you may not start it", subject=dag_id)
    token: str = manager.generate_jwt(found, expiration_time_in_seconds=_TOKEN_S)
    return token
