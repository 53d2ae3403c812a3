"""A day of observation, over all the seasons that are open on it. Imports nothing of Airflow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dias_cbm.completeness.day import DayReport
    from dias_cbm.db.connection import Connection


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a look at the catalogue has found.

    :param seasons: names of the seasons that are open on the day.
    :param scenes: ids of the day's CARD scenes over them, whatever has been done to them already;
        superseded ones are left out.
    :param complete: nothing more is waited for, in no season.
    :param deadline: when waiting is over in the last of them.
    :param message: how things stand, for the log.
    """

    seasons: list[str]
    scenes: list[int]
    complete: bool
    deadline: datetime
    message: str


def look(url: str | None, card: str, day: date) -> Arrivals:
    """Enter what the catalogue lists for a day into the ledger, and see whether that is all.

    Where an engine makes products, those that are to be made are entered too.

    :param url: of the database; None for the setting.
    :param day: in UTC.
    :raises CatalogueError: no platform that is searched gave a usable answer.
    """
    from dias_cbm import seasons
    from dias_cbm.card.plan import plan_products
    from dias_cbm.cards import LONGEST_PAIR, PAIR_KINDS
    from dias_cbm.catalogue.all_platforms import sync_everywhere
    from dias_cbm.completeness.day import await_day
    from dias_cbm.config.settings import settings
    from dias_cbm.days import day_bounds
    from dias_cbm.db.connection import connect
    from dias_cbm.db.queries import query
    from dias_cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card

    start, end = day_bounds(day)
    kinds = (SOURCE_OF_CARD[Card(card)], KIND_OF_CARD[Card(card)])
    paired = kinds[1] in PAIR_KINDS and settings().engines(card) != ("ready",)
    awaited, scenes = {}, set()
    silent: set[str] = set()
    with connect(url, application=f"airflow {card} {day}") as connection:
        for season in seasons.on_day(connection, day):
            silent |= set(sync_everywhere(connection, season, kinds, start, end).silent)
            if paired and day - season.starts < LONGEST_PAIR:
                # The earlier halves of the season's first pairs were taken before it.
                archive = start - LONGEST_PAIR, start
                silent |= set(sync_everywhere(connection, season, kinds[:1], *archive).silent)
            plan_products(connection, card, start, end)
            connection.commit()
            awaited[season.name] = await_day(connection, season, card, day)
            values = {"season": season.id, "card": card, "start": start, "end": end}
            scenes |= {
                row.id for row in connection.execute(query("pipeline/scenes_of_day"), values)
            }
    deadline = max((one.deadline for one in awaited.values()), default=end)
    told = [f"{name}: {one.reason}" for name, one in awaited.items()]
    told += [f"{platform} does not answer" for platform in sorted(silent)]
    waiting = bool(silent) and datetime.now(UTC) < deadline
    return Arrivals(
        seasons=list(awaited),
        scenes=sorted(scenes),
        complete=all(one.ready for one in awaited.values()) and not waiting,
        deadline=deadline,
        message="; ".join(told),
    )


def close(connection: Connection, card: str, day: date) -> dict[str, DayReport]:
    """Record what a day has brought to each season that is open on it; commits.

    :returns: report by the season's name.
    """
    from dias_cbm import seasons
    from dias_cbm.completeness.day import close_day

    return {
        season.name: close_day(connection, season, card, day)
        for season in seasons.on_day(connection, day)
    }
