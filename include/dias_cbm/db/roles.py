"""Database roles without superuser: the owner migrates, workers write, readers look.

Airflow's own database gets an owner too. All is done by a superuser, for each database in one
transaction, and doing it again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg import sql

#: Role -> what it may do.
ROLES: Mapping[str, str] = {
    "owner": "owns all tables; migrates, and creates, drops and restores seasons",
    "worker": "reads and writes, and adds seasons: tasks, decisions in the window",
    "reader": "reads, except keys: pages, analysts",
}
#: The role of Airflow, which owns its database.
AIRFLOW = "airflow"
PREFIX = "cbm"
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Report:
    """What was done.

    :param created: roles that there were not.
    :param moved: objects that got another owner.
    :param passwords: roles that got a password.
    """

    created: list[str]
    moved: int
    passwords: list[str]

    def __add__(self, other: Report) -> Report:
        """What was done in two databases."""
        return Report(
            self.created + other.created,
            self.moved + other.moved,
            self.passwords + other.passwords,
        )


def names(prefix: str = PREFIX) -> dict[str, str]:
    """Role -> its name in the database."""
    return {role: f"{prefix}_{role}" for role in ROLES}


def set_up(
    connection: Connection, passwords: Mapping[str, str] | None = None, prefix: str = PREFIX
) -> Report:
    """Create the roles, give the tables to the owner, and grant the others what they need; commits.

    :param passwords: role -> its new password, which is sent as a hash only.
    :param prefix: of the roles' names.
    :raises DatabaseError: the prefix is odd, the schema is missing, or one of the roles is a
        superuser.
    """
    from psycopg import sql

    if not _PREFIX.fullmatch(prefix):
        hint = "up to 40 small letters, digits and _"
        raise DatabaseError("is not a prefix for names of roles", subject=repr(prefix), hint=hint)
    named = names(prefix)
    passwords = passwords or {}
    with connection.transaction():
        row = connection.execute("select to_regclass('api_key') is null as bare").fetchone()
        if row is None or row.bare:
            raise DatabaseError("has no schema of ours yet", hint="cbm db migrate, then this again")
        created = _create(connection, named)
        moved = _give_to(connection, named["owner"])
        database = sql.Identifier(connection.info.dbname)
        identifiers = {role: sql.Identifier(name) for role, name in named.items()}
        connection.execute(_composed("db/roles_grants", database=database, **identifiers))
        for role, name in identifiers.items():
            connection.execute(_composed("db/roles_settings", database=database, role=name))
            if role in passwords:
                _set_password(connection, named[role], passwords[role])
    connection.commit()
    return Report(created, moved, sorted(set(passwords) & set(named)))


def set_up_airflow(
    connection: Connection, password: str | None = None, prefix: str = PREFIX
) -> Report:
    """Create a role that owns Airflow's database and all in it, and nothing else; commits.

    :param connection: to that database, as a superuser.
    :param password: its new password, which is sent as a hash only.
    :param prefix: of the role's name, as in :func:`set_up`.
    :raises DatabaseError: the role is a superuser.
    """
    from psycopg import sql

    name = f"{prefix}_{AIRFLOW}"
    with connection.transaction():
        created = _create(connection, {AIRFLOW: name})
        database = sql.Identifier(connection.info.dbname)
        owns = sql.SQL("alter database {} owner to {}").format(database, sql.Identifier(name))
        connection.execute(owns)
        moved = _give_to(connection, name)
        if password is not None:
            _set_password(connection, name, password)
    connection.commit()
    return Report(created, moved, [AIRFLOW] if password is not None else [])


def _create(connection: Connection, named: Mapping[str, str]) -> list[str]:
    from psycopg import sql

    rows = connection.execute(query("db/roles_known"), {"names": list(named.values())}).fetchall()
    too_much = [row.name for row in rows if row.super]
    if too_much:
        raise DatabaseError("is a superuser", subject=too_much[0], hint="take another --prefix")
    missing = sorted(set(named.values()) - {row.name for row in rows})
    for name in missing:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
    return missing


def _give_to(connection: Connection, owner: str) -> int:
    """Make a role the owner of everything of ours; returns how much was another's."""
    from psycopg import sql

    rows = connection.execute(query("db/roles_strays"), {"owner": f'"{owner}"'}).fetchall()
    for row in rows:
        statement = sql.SQL("alter {} {} owner to {}").format(
            sql.SQL(row.kind), sql.SQL(row.name), sql.Identifier(owner)
        )
        connection.execute(statement)
    return len(rows)


def _set_password(connection: Connection, role: str, password: str) -> None:
    from psycopg import sql

    # As a hash: a statement with the password would be in the server's log.
    hashed = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("alter role {} password {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(hashed)))


def _composed(name: str, **parts: sql.Composable) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(query(name)).format(**parts)
