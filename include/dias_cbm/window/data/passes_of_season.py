"""The passes of a season, judged once for all pages that count them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dias_cbm.completeness import gaps
from dias_cbm.completeness.assessment import Assessment, assess
from dias_cbm.completeness.gaps import Gap
from dias_cbm.completeness.proof import Proof, Span, progress
from dias_cbm.completeness.scene_tiles import bounds
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class Passes:
    """Every expected pass of a season, and its gaps.

    :param at: moment that it is of; aware UTC.
    """

    at: datetime
    assessment: Assessment
    gaps: Sequence[Gap]
    progress: Proof


def look(connection: Connection, season: Season) -> Passes:
    """The passes of a season as of now; takes up to a second in a national season."""
    now = datetime.now(UTC)
    assessment, known = assess(connection, season, now), gaps.rows(connection, season)
    span = Span(tuple(Card), *bounds(season))
    found = progress(connection, season, assessment, known, span, now)
    return Passes(now, assessment, known, found)
