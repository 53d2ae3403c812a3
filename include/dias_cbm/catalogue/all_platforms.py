"""The same look at every platform that is searched; one that is silent stops only its own work."""

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
    """What platforms answered, or why they did not, each by platform."""

    given: dict[str, T] = field(default_factory=dict)
    silent: dict[str, CatalogueError] = field(default_factory=dict)


def ask(connection: Connection, look: Callable[[str], T]) -> Answers[T]:
    """Look at the platforms of ``platform`` and ``extra_platforms``, one after the other.

    One that is paused is not asked.

    :param look: takes a platform.
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
            log.warning("%s is silent: %s", platform, error)
            answers.silent[platform] = error
    return answers


def sync_everywhere(
    connection: Connection,
    season: Season,
    kinds: Iterable[Kind],
    start: datetime,
    end: datetime,
) -> Answers[SyncReport]:
    """Enter what any platform lists for a window, its second source included; commits.

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
            # The catalogue has answered; the digest tells that the other source has not.
            connection.rollback()
            log.warning("the second source of %s is silent: %s", platform, error)
            return report

    answers = ask(connection, look)
    if not answers.given:
        raise next(iter(answers.silent.values()))
    return answers
