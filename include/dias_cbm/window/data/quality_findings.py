"""Findings on the items of a quality sample, recorded in the window."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SampleError, StateConflict
from dias_cbm.quality import store
from dias_cbm.quality.findings import Finding, Found
from dias_cbm.seasons import Season
from dias_cbm.window.rights import User


def find(
    connection: Connection,
    season: Season,
    sample: int,
    group: str,
    pid: str,
    finding: Finding,
    user: User,
    *,
    reason: str = "",
    colour: str = "",
    photo: str | None = None,
    seen: int | None = None,
    request: str | None = None,
) -> dict[str, Any]:
    """Record a finding, and commit.

    :param seen: id of the newest finding on the item that the user has seen.
    :param request: key of the request; sent again by the same user, it adds nothing.
    :returns: ``finding`` as recorded, with the parcel that replaces the item if nobody can tell;
        ``newer``, findings that the user had not seen; ``repeated``.
    :raises SampleError: the item is not in the sample, or the sample not of this season.
    :raises StateConflict: the key was used for another finding.
    """
    if finding is Finding.CANNOT_TELL and not reason.strip():
        raise SampleError("cannot_tell needs a reason", subject=pid)
    asked = {"sample": sample, "season": season.id}
    if connection.execute(query("window/sample_of_season"), asked).fetchone() is None:
        raise SampleError("the season has no such sample", subject=f"sample {sample}")
    connection.execute(query("quality/lock_sample"), {"sample": sample})
    known = None if request is None else _known(connection, sample, user, request)
    if known is not None and (known.bucket, known.pid, known.finding, known.reason) != (
        group, pid, finding, reason,
    ):  # fmt: skip
        raise StateConflict(
            "was used for another finding", subject=f"request {request}", hint="use a new key"
        )
    if known is None:
        today = datetime.now(UTC).date()
        new = Found(group, pid, finding, reason, colour, user.name, today)
        store.record(connection, sample, [new], user_id=user.id, photo=photo, request=request)
    values = {"sample": sample, "bucket": group, "pid": pid}
    rows = [row._asdict() for row in connection.execute(query("window/findings_of_item"), values)]
    connection.commit()
    own = rows[0] if known is None else next(row for row in rows if row["id"] == known.id)
    newer = [row for row in rows if (seen or 0) < row["id"] < own["id"]]
    return {"finding": own, "newer": newer, "repeated": known is not None}


def _known(connection: Connection, sample: int, user: User, request: str) -> Any:
    values = {"sample": sample, "user_id": user.id, "request": request}
    return connection.execute(query("window/finding_of_request"), values).fetchone()
