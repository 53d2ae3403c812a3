"""Making the follow-up: parcels in doubt, their deciding images, one page for all of them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from dias_cbm import __version__, chips
from dias_cbm.chips import Chip, Format, Held, Look, Wish
from dias_cbm.content_hash import content_hash
from dias_cbm.db.connection import Connection
from dias_cbm.errors import ChipError, ProductError, StoreDenied, StoreDown, StoreError, Throttled
from dias_cbm.follow_up import page, record
from dias_cbm.follow_up.choice import MOST, Candidate, Choice, Where, choose
from dias_cbm.follow_up.pictures import data_address, outlined
from dias_cbm.follow_up.subjects import Subject, Subjects, subjects
from dias_cbm.follow_up.words import is_clear, why_none
from dias_cbm.parcel_shape import shape_of
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)

PAGE = "follow_up.html"
#: Part of the key of every record: raise it when the same input would be shown otherwise.
_VERSION = 1
#: Radar images where there are none of Sentinel-2.
_MOST_RADAR = 3
#: Longest stretch between two looks of an event that is not worth a note.
_SHORT_DAYS = 10
#: Looks of a parcel that cannot be cut, after which no others are tried.
_MOST_FAILED = 2 * MOST
_DIRECTIONS = {"A": "ascending", "D": "descending"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is shown of a parcel.

    :param looks: all of them, by id.
    :param notes: why there is no image of days that matter.
    """

    subject: Subject
    choices: list[Choice]
    looks: dict[int, Look]
    notes: list[str]


@dataclass
class FollowUp:
    """The result of a run.

    :param total: parcels in doubt, without the limit.
    :param made: parcels whose images were made now; ``kept``: those that had not changed.
    :param without: of both, parcels without any image.
    :param images: of all parcels on the page.
    :param failed: images that could not be cut, by error.
    :param page_left_out: parcels whose images found no room on the page.
    :param certain: parcels asked for about which nothing is in doubt.
    """

    season: str
    page: Path | None = None
    total: int = 0
    made: int = 0
    kept: int = 0
    without: int = 0
    images: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    page_left_out: int = 0
    certain: list[str] = field(default_factory=list)
    parcels: list[dict[str, Any]] = field(default_factory=list)


def plans(
    connection: Connection, season: Season, found: Subjects, bands: str | None = None
) -> Iterator[Plan]:
    """What would be shown of each parcel; reads no product.

    :param bands: band set of Sentinel-2, checked here.
    :raises ChipError: there is no such band set.
    """
    chips.band_set(Card.S2, bands)
    for subject in found:
        yield _planned(connection, season, subject, frozenset())


def make(
    connection: Connection,
    season: Season,
    folder: Path,
    *,
    pids: Sequence[str] | None = None,
    limit: int = 100,
    bands: str | None = None,
    progress: Progress | None = None,
) -> FollowUp:
    """Make the follow-up of a season in a folder; run again, it only makes what has changed.

    :param folder: created if need be; each parcel has a folder in it, and the page is beside them.
    :param pids: only these parcels.
    :param limit: the most parcels.
    :param bands: band set of Sentinel-2; false colour if None.
    :param progress: called with the parcels that are done, and their number.
    :raises ParcelUnknown: the season does not have one of the parcels.
    :raises ChipError: there is no such band set.
    :raises StoreError: the store is down or refuses everything; what is made stays.
    :raises OutputError: the folder cannot be written.
    """
    wanted = chips.band_set(Card.S2, bands or "false_colour").name
    found = subjects(connection, season, pids, limit)
    report = FollowUp(season.name, total=found.total, certain=found.certain)
    for number, subject in enumerate(found, 1):
        _of_parcel(connection, season, subject, wanted, folder, report)
        # No snapshot is held while the next products are read.
        connection.commit()
        if progress is not None:
            progress(number, len(found.pids))
    if found.pids:
        _write_page(season, folder, found, report)
    return report


def _of_parcel(
    connection: Connection,
    season: Season,
    subject: Subject,
    bands: str,
    folder: Path,
    report: FollowUp,
) -> None:
    place = folder / record.folder_of(subject.pid)
    plan = _planned(connection, season, subject, frozenset())
    shape = shape_of(connection, season, subject.pid).geometry
    key = _key(plan, shape, bands)
    kept = record.read(place)
    if kept is not None and kept["key"] == key and not kept["failed"]:
        report.kept += 1
        _count(report, kept)
        return
    connection.commit()
    plan, shown, failed = _cut_all(connection, season, plan, shape, bands, report)
    made, pictures = _record(plan, shown, key, place.name, failed)
    record.write(place, made, pictures)
    report.made += 1
    _count(report, made)


def _cut_all(
    connection: Connection,
    season: Season,
    plan: Plan,
    shape: BaseGeometry,
    bands: str,
    report: FollowUp,
) -> tuple[Plan, dict[int, Chip], dict[int, str]]:
    """Cut the looks of a plan; another takes the place of one that cannot be cut.

    :returns: the plan as it was carried out, the chips by look, and why others could not be cut.
    """
    shown: dict[int, Chip] = {}
    failed: dict[int, str] = {}
    while True:
        for choice in plan.choices:
            look = plan.looks[choice.candidate.obsid]
            if look.obsid not in shown:
                _cut(look, shape, season.srid, bands, shown, failed, report)
        there = [choice for choice in plan.choices if choice.candidate.obsid in shown]
        if len(there) == len(plan.choices) or len(failed) > _MOST_FAILED:
            return replace(plan, choices=there), shown, failed
        plan = _planned(connection, season, plan.subject, frozenset(failed))
        connection.commit()


def _count(report: FollowUp, made: dict[str, Any]) -> None:
    report.images += len(made["images"])
    report.without += not made["images"]
    columns = ("day", "card", "product", "clear_share", "why", "file")
    report.parcels.append(
        {
            "pid": made["pid"],
            "folder": made["folder"],
            "images": [{name: one[name] for name in columns} for one in made["images"]],
            "notes": made["notes"],
        }
    )


def _cut(
    look: Look,
    shape: BaseGeometry,
    srid: int,
    bands: str,
    shown: dict[int, Chip],
    failed: dict[int, str],
    report: FollowUp,
) -> None:
    wish = Wish(bands if look.card is Card.S2 else None, form=Format.PNG, partly=True)
    try:
        shown[look.obsid] = chips.cut_look(look, shape, srid, wish)
    except (StoreDown, StoreDenied, Throttled):
        raise
    except (ChipError, ProductError, StoreError) as error:
        log.warning("%s: no image: %s", look.product, error)
        failed[look.obsid] = f"{look.day}: {look.product}: {error.message}"
        name = type(error).__name__
        report.failed[name] = report.failed.get(name, 0) + 1


def _planned(
    connection: Connection, season: Season, subject: Subject, without: frozenset[int]
) -> Plan:
    """The choice of looks for a parcel.

    :param without: ids of looks that cannot be shown.
    """
    looks = {one.obsid: one for one in chips.dates(connection, season, subject.pid)}
    seen = list(looks.values())
    usable = [one for one in seen if one.held is Held.HELD and one.obsid not in without]
    optical = [
        Candidate(one.day, one.obsid, one.clear_share or 0.0)
        for one in usable
        if one.sensor == "S2" and is_clear(one)
    ]
    choices = choose(optical, subject.questions, subject.focus)
    notes = _notes(season, subject, seen)
    if not choices:
        orbit = _usual_orbit([one for one in usable if one.card is Card.BS])
        radar = [Candidate(one.day, one.obsid) for one in orbit]
        choices = choose(radar, subject.questions, subject.focus, _MOST_RADAR)
        if choices:
            first = orbit[0]
            way = _DIRECTIONS.get(first.direction or "", "")
            notes.append(
                f"Radar is shown instead, of orbit {first.orbit} {way}.".replace(" .", ".")
            )
    return Plan(subject, choices, looks, list(dict.fromkeys(notes)))


def _notes(season: Season, subject: Subject, looks: Sequence[Look]) -> list[str]:
    whole = why_none(looks, season.starts, season.ends)
    if whole is not None:
        return [_sentence(whole)]
    found = []
    for one in subject.questions:
        if one.where is Where.AROUND and (one.last - one.first).days <= _SHORT_DAYS:
            continue
        why = why_none(looks, one.first, one.last)
        if why is not None:
            found.append(_sentence(why))
    return found


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _usual_orbit(looks: Sequence[Look]) -> list[Look]:
    """The looks of the relative orbit with most of them: only these can be compared."""
    counted = Counter(one.orbit for one in looks)
    if not counted:
        return []
    most = max(counted.values())
    orbit = min((one for one, number in counted.items() if number == most), key=lambda o: o or 0)
    return [one for one in looks if one.orbit == orbit]


def _key(plan: Plan, shape: BaseGeometry, bands: str) -> str:
    """Hash of everything that a parcel's record depends on."""
    subject = plan.subject
    return content_hash(
        [
            _VERSION, bands, [asdict(one) for one in chips.band_set(Card.S2, bands).channels],
            subject.pid, subject.crop,
            subject.area_ha, [asdict(one) for one in subject.doubts], shape.wkb_hex, plan.notes,
            [
                (choice.why, choice.candidate.day, choice.candidate.obsid, look.changed, look.ndvi)
                for choice in plan.choices
                for look in [plan.looks[choice.candidate.obsid]]
            ],
        ]
    )  # fmt: skip


def _record(
    plan: Plan, shown: dict[int, Chip], key: str, folder: str, failed: dict[int, str]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A parcel's record, as values that JSON has, and its pictures by file name."""
    images, pictures = [], {}
    for choice in plan.choices:
        look = plan.looks[choice.candidate.obsid]
        chip = shown[look.obsid]
        name = f"{look.day}_{look.card}_{look.obsid}.png"
        pictures[name] = outlined(chip)
        images.append(
            {
                "file": name,
                "day": look.day.isoformat(),
                "at": look.at.isoformat(),
                "card": str(look.card),
                "obsid": look.obsid,
                "product": look.product,
                "satellite": look.satellite,
                "orbit": look.orbit,
                "direction": _DIRECTIONS.get(look.direction or ""),
                "clear_share": look.clear_share,
                "ndvi": look.ndvi,
                "why": choice.why,
                "title": chips.band_set(look.card, chip.bands).title,
                "address": data_address(chip),
                **{name: value for name, value in chip.about().items() if name != "form"},
            }
        )
    subject = plan.subject
    made = {
        "key": key,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": __version__,
        "pid": subject.pid,
        "folder": folder,
        "crop": subject.crop,
        "area_ha": subject.area_ha,
        "doubts": [
            {"name": one.name, "colour": one.colour, "sentence": one.sentence}
            for one in subject.doubts
        ],
        "images": images,
        "notes": [*plan.notes, *failed.values()],
        "failed": len(failed),
    }
    return made, pictures


def _write_page(season: Season, folder: Path, found: Subjects, report: FollowUp) -> None:
    def records() -> Iterator[dict[str, Any]]:
        for pid in found.pids:
            one = record.read(folder / record.folder_of(pid))
            if one is not None:
                yield one

    report.page = folder / PAGE
    more = f" of {report.total:,} in doubt" if report.total > len(found.pids) else ""
    intro = (
        f"{len(found.pids):,} parcels{more}, made {datetime.now(UTC):%Y-%m-%d}. All images of a"
        " band set are shown in the same stretch, so that dates can be compared. North is up."
    )
    report.page_left_out = page.write(report.page, f"Follow-up of {season.name}", intro, records())
