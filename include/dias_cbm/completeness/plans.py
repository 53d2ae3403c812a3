"""Acquisition plans: the KML files in which ESA publishes what the satellites will observe."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree

from dias_cbm.errors import CbmError, SettingsError
from dias_cbm.scenes import parse_time

log = logging.getLogger(__name__)

# The only Sentinel-1 mode that is processed; a datatake in another mode makes no product.
_MODE = {"S1": "IW"}

# Planned and actual sensing times agree to within seconds.
_SLACK = timedelta(minutes=2)

_SATELLITE = re.compile(r"(?:^|[^A-Z0-9])S(?:entinel[-_ ]?)?([12])([A-Z])(?![A-Za-z])")
_TIMES = re.compile(r"\d{8}T\d{6}")


class PlanError(CbmError):
    """A file is not a readable acquisition plan."""


@dataclass(frozen=True, slots=True)
class Datatake:
    """One planned datatake.

    :param rel_orbit: None if the plan does not say.
    :param mode: e.g. ``IW`` or ``NOBS``; empty if the plan does not say.
    """

    satellite: str
    starts: datetime
    ends: datetime
    rel_orbit: int | None = None
    mode: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the plans say about one satellite at one moment.

    :param planned: None when no plan reaches that moment.
    :param evidence: in plain words.
    """

    planned: bool | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One file: a satellite's datatakes within a window of time."""

    satellite: str
    starts: datetime
    ends: datetime
    datatakes: Sequence[Datatake]
    file: str


@dataclass(frozen=True, slots=True)
class Plans:
    """All plans available; where files overlap, the one that begins last counts."""

    plans: Sequence[Plan] = ()

    def ask(self, satellite: str, rel_orbit: int, at: datetime) -> Answer:
        """Whether a satellite was planned to observe on an orbit at a moment, in a usable mode."""
        holding = [
            plan
            for plan in self.plans
            if plan.satellite == satellite and plan.starts <= at < plan.ends
        ]
        if not holding:
            return Answer()
        plan = max(holding, key=lambda plan: plan.starts)
        wanted = _MODE.get(satellite[:2])
        for datatake in plan.datatakes:
            if not datatake.starts - _SLACK <= at <= datatake.ends + _SLACK:
                continue
            if datatake.rel_orbit not in (None, rel_orbit):
                continue
            if wanted and datatake.mode and datatake.mode != wanted:
                text = f"{plan.file} plans datatake {datatake.name} in mode {datatake.mode}"
                return Answer(False, f"{text}, not {wanted}")
            return Answer(True, f"{plan.file} plans it as datatake {datatake.name}")
        return Answer(False, f"{plan.file} plans no datatake of {satellite} then")


def read_folder(folder: str | None) -> Plans:
    """The plans in a folder; none without a folder.

    A file that is not a plan is skipped with a warning.

    :param folder: the setting ``completeness.plan_folder``.
    :raises SettingsError: there is no such folder.
    """
    if not folder:
        return Plans()
    if not Path(folder).is_dir():
        raise SettingsError("no such folder", subject="completeness.plan_folder", hint=folder)
    plans = []
    for file in sorted(Path(folder).glob("*.kml")):
        try:
            plans.append(read(file))
        except PlanError as error:
            log.warning("skipped: %s", error)
    return Plans(plans)


def read(file: Path) -> Plan:
    """One acquisition plan.

    The window is that of the file's name, ``..._20260701T160000_20260713T180000.kml``, else from
    the first datatake to the last.

    :raises PlanError: not a KML file, no datatake in it, no satellite named in it, or times that
        do not exist or are the wrong way round.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.parse(str(file), parser).getroot()
    except (etree.XMLSyntaxError, OSError) as error:
        raise PlanError(f"not XML: {error}", subject=file) from error
    title = " ".join(root.xpath("*[local-name()='Document']/*[local-name()='name']/text()"))
    default = _satellite(file.stem) or _satellite(title)
    datatakes = sorted(_datatakes(root, default, file), key=lambda datatake: datatake.starts)
    if odd := next((one for one in datatakes if one.ends < one.starts), None):
        raise PlanError(f"datatake {odd.name} ends before it starts", subject=file)
    satellites = {datatake.satellite for datatake in datatakes}
    if len(satellites) != 1:
        what = "plans of several satellites" if satellites else "no datatake"
        raise PlanError(f"{what} in it", subject=file, hint="one KML file per satellite")
    try:
        times = [parse_time(text) for text in _TIMES.findall(file.stem)[-2:]]
    except ValueError as error:
        raise PlanError(f"a time that does not exist in its name: {error}", subject=file) from error
    starts, ends = times if len(times) == 2 else (datatakes[0].starts, datatakes[-1].ends)
    if ends < starts:
        raise PlanError("ends before it starts, by its name", subject=file)
    return Plan(satellites.pop(), starts, ends, datatakes, file.name)


def _datatakes(root: etree._Element, satellite: str | None, file: Path) -> Iterator[Datatake]:
    for placemark in root.iter("{*}Placemark"):
        values = {
            (data.get("name") or "").lower(): (data.findtext("{*}value") or "").strip()
            for data in placemark.iter("{*}Data")
        }
        if "observationtimestart" not in values:
            continue
        named = _satellite(values.get("satelliteid", "")) or satellite
        if named is None:
            raise PlanError("no satellite named", subject=file)
        orbit = values.get("orbitrelative", "")
        try:
            yield Datatake(
                named,
                _time(values["observationtimestart"]),
                _time(values["observationtimestop"]),
                int(orbit) if orbit else None,
                values.get("mode", "").upper(),
                values.get("datatakeid") or values.get("id") or "",
            )
        except KeyError as error:
            raise PlanError(f"a datatake without {error}", subject=file) from error
        except (ValueError, OverflowError) as error:
            raise PlanError(f"a datatake that cannot be read: {error}", subject=file) from error


def _satellite(text: str) -> str | None:
    found = _SATELLITE.search(text)
    return f"S{found[1]}{found[2]}" if found else None


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
