"""Draws and findings in the database."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

from psycopg.types.json import Jsonb

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SampleError
from dias_cbm.quality import drawn as drawing
from dias_cbm.quality.draw import Item
from dias_cbm.quality.drawn import Drawn
from dias_cbm.quality.findings import Finding, Found, accept


def save(connection: Connection, season: int, drawn: Drawn) -> int:
    """Keep a draw; does not commit.

    :param season: id of the season.
    :returns: id of the sample.
    """
    values = {
        "season": season,
        "made_at": drawn.made_at,
        "manifest": Jsonb(drawn.manifest()),
        "list": gzip.compress(drawn.ranked.text().encode(), mtime=0),
    }
    [row] = connection.execute(query("quality/add_sample"), values).fetchall()
    sample = int(row.id)
    items = [_item_values(one) | {"sample": sample, "season": season} for one in drawn.sample.items]
    with connection.cursor() as cursor:
        cursor.executemany(query("quality/add_item"), items)
    return sample


def _item_values(one: Item) -> dict[str, Any]:
    row = one.row
    return {
        "bucket": row.group,
        "pid": row.parcel,
        "holding": row.holding,
        "ranking": row.ranking,
        "covered": row.covered,
        "claim_area": None if isnan(row.area) else row.area,
        "colour": row.colour,
        "order_added": one.order,
    }


def load(connection: Connection, sample: int) -> tuple[int, Drawn]:
    """Read a draw, and repeat it to prove it.

    :returns: id of its season, and the draw.
    :raises SampleError: there is no such sample, or it is not what it was.
    """
    row = connection.execute(query("quality/sample"), {"sample": sample}).fetchone()
    if row is None:
        raise SampleError("there is no such sample", subject=f"sample {sample}")
    listed = gzip.decompress(row.list).decode()
    return row.season, drawing.read(row.manifest, listed, f"sample {sample}")


def find(connection: Connection, drawn: Drawn) -> int:
    """The sample of which a draw read from a folder is a copy.

    :returns: its id.
    :raises SampleError: this database has no such sample.
    """
    row = connection.execute(query("quality/find_sample"), drawn.manifest()).fetchone()
    if row is None:
        message = "the sample was drawn from this season in another database"
        raise SampleError(message, subject=f"season {drawn.season}")
    return int(row.id)


def findings(connection: Connection, sample: int) -> list[Found]:
    """All findings recorded so far, oldest first."""
    rows = connection.execute(query("quality/findings"), {"sample": sample})
    return [
        Found(
            row.bucket, row.pid, Finding(row.finding), row.reason, row.colour, row.inspector,
            row.found_at, row.replaced_by,
        )
        for row in rows
    ]  # fmt: skip


def record(
    connection: Connection,
    sample: int,
    new: Sequence[Found],
    *,
    user_id: str | None = None,
    photo: str | None = None,
    request: str | None = None,
) -> list[Found]:
    """Record findings, with the replacements they call for; does not commit.

    :param user_id: of the inspector, as the window's host knows the user.
    :param photo: reference to a photo.
    :param request: key of the request that brought a finding; a user's key is used once.
    :returns: the findings as recorded.
    :raises SampleError: a finding on something that is not in the sample.
    """
    connection.execute(query("quality/lock_sample"), {"sample": sample})
    season, drawn = load(connection, sample)
    done = accept(drawn, findings(connection, sample), new)
    for one in done:
        values = asdict(one) | {"finding": one.finding.value, "sample": sample, "season": season}
        values |= {"user_id": user_id, "photo": photo, "request": request}
        connection.execute(query("quality/add_finding"), values)
    return done
