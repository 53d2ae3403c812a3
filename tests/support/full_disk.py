"""A PostgreSQL server that answers as with a full disk to what is written into some tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_FUNCTION = """
create or replace function no_room() returns trigger language plpgsql as $$
begin
    raise exception 'could not extend file "base/1": No space left on device'
        using errcode = 'disk_full';
end $$
"""


@contextmanager
def full_disk(connection: Any, **events: str) -> Iterator[None]:
    """Refuse writes until the end, or until :func:`make_room`.

    :param events: by table, when to refuse, such as ``insert`` or ``update``, with a condition.
    """
    connection.execute(_FUNCTION)
    for table, event in events.items():
        when, _, condition = event.partition(" when ")
        connection.execute(
            f"create trigger no_room before {when} on {table} for each row"
            + (f" when ({condition})" if condition else "")
            + " execute function no_room()"
        )
    connection.commit()
    try:
        yield
    finally:
        make_room(connection)


def make_room(connection: Any) -> None:
    """Accept writes again."""
    connection.rollback()
    connection.execute("drop function if exists no_room cascade")
    connection.commit()
