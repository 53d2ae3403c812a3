"""Reading ahead: a thread of its own waits for the database while what came before is worked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import Any, TypeVar

from dias_cbm.db.connection import Connection, compute_within, connect_like

T = TypeVar("T")

_END = object()
# Seconds after which a reader that waits looks whether anyone still wants what it reads.
_LOOK_S = 0.2


def read_ahead(
    connection: Connection,
    read: Callable[[Connection], Iterator[T]],
    *,
    application: str,
    ahead: int = 16,
) -> Iterator[T]:
    """What a generator reads, on a connection of its own and up to some items ahead.

    It sees only what is committed: the caller's transaction must hold what keeps others from
    changing it meanwhile.

    :param connection: to the database that is read.
    :param read: reads from the connection it is given.
    :param application: shown in ``pg_stat_activity``.
    :param ahead: items read before they are asked for.
    :raises Exception: what ``read`` raises, in its place.
    """
    items: Queue[Any] = Queue(ahead)
    left = Event()

    def put(item: Any) -> bool:
        while not left.is_set():
            try:
                items.put(item, timeout=_LOOK_S)
            except Full:
                continue
            return True
        return False

    def fill() -> None:
        try:
            with connect_like(connection, application=application) as own:
                compute_within(own)  # it stands still while all that is read waits
                # Who waits for the caller's locks may stand before this reader, unseen as a knot.
                own.execute("set local lock_timeout = '1min'")
                if all(put((item, None)) for item in read(own)):
                    put((_END, None))
        except BaseException as error:
            put((_END, error))

    reader = Thread(target=fill, name=application, daemon=True)
    reader.start()
    try:
        while True:
            item, error = items.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        left.set()
        reader.join()
