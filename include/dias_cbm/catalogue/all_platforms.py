"""Search all configured platforms; one that does not answer stops only its own work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from dias_cbm.catalogue import supplementary_source
from dias_cbm.catalogue.sync import SyncReport, sync
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.errors import CatalogueError, StoreError, Unavailable
from dias_cbm.scenes import Kind
from dias_cbm.seasons import Season
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Service

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answers(Generic[T]):
    """Answers and failures, each by platform."""

    given: dict[str, T] = field(default_factory=dict)
    silent: dict[str, CatalogueError] = field(default_factory=dict)


def ask(connection: Connection, look: Callable[[str], T]) -> Answers[T]:
    """Ask the platforms of ``platform`` and ``extra_platforms``, one after the other.

    A paused platform is not asked.

    :param look: asks one platform, given its name.
    """
    answers: Answers[T] = Answers()
    for platform in settings().search_chain():
        pause = outages.current(connection, platform, Service.CATALOGUE)
        connection.commit()
        if pause is not None:
            answers.silent[platform] = Unavailable(
                f"is not asked before {pause.until:%F %T}: {pause.error}", subject=platform
            )
            continue
        try:
            answers.given[platform] = look(platform)
        except CatalogueError as error:
            connection.rollback()
            log.warning("%s does not answer: %s", platform, error)
            answers.silent[platform] = error
    return answers


def sync_everywhere(
    connection: Connection,
    season: Season,
    kinds: Iterable[Kind],
    start: datetime,
    end: datetime,
) -> Answers[SyncReport]:
    """Enter what all platforms and their second sources list for a window; commits.

    :raises CatalogueError: no platform answered.
    """
    kinds = tuple(kinds)

    def look(platform: str) -> SyncReport:
        report = sync(connection, season, kinds, start, end, platform)
        try:
            return report + supplementary_source.sync(
                connection, season, kinds, start, end, platform
            )
        except (CatalogueError, StoreError) as error:
            # The catalogue has answered; the digest reports that the second source has not.
            connection.rollback()
            log.warning("the second source of %s does not answer: %s", platform, error)
            return report

    answers = ask(connection, look)
    if not answers.given:
        raise next(iter(answers.silent.values()))
    return answers
