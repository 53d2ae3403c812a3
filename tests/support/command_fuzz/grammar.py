"""Command lines drawn from the real grammar of ``cbm``: a new command or option is covered too."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import typer
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from command_fuzz.files import Files
from dias_cbm.cli import build
from dias_cbm.cli.options import parse_area, parse_day
from scripts.command_reference import is_argument, kind, walk

#: Commands that start services, simulate for minutes or serve until they are interrupted: they
#: are only called with a run folder that cannot be one.
STARTING = {
    "demo report", "demo run", "demo start", "lab chaos", "lab dias", "lab season",
}  # fmt: skip
#: Commands that serve until they are interrupted, with a parameter that keeps them from it if odd.
SERVING = {"window serve": "season"}
#: Commands that try again for minutes, with the option without which they do.
WAITING = {"season run": "--dry-run"}
#: Commands that take no files, and simulate for half a minute or more.
WITHOUT_INPUT = {"evidence outliers", "evidence points", "evidence reasons", "evidence verdicts"}

AREA = "POLYGON ((9 56, 10 56, 10 57, 9 57, 9 56))"
#: Values that a command can work with, by argument or option.
USABLE = {
    "SEASON": "dk-2018", "PID": "1", "DAY": "2018-05-11", "FIRST": "local", "SECOND": "mundi",
    "PRODUCT": "S2A_MSIL2A_20180511T103031_N0207_R108_T32VNH_20180511T124200",
    "--id-column": "pid", "--crop-column": "crop", "--area": AREA, "--platform": "local",
    "--from": "2018-05-11", "--to": "2018-05-12", "--card": "bs", "--engine": "embedded",
    "--what": "means", "--rule": "centre", "--store": "files:/eodata", "--encoding": "utf-8",
    "--mail-server": "127.0.0.1:1", "--airflow": "http://127.0.0.1:1", "--base-url": "http://127.0.0.1:1",
    "--first-url": "http://127.0.0.1:1", "--second-url": "http://127.0.0.1:1",
    "--database": "postgresql://u:hushhush@127.0.0.1:1/d", "--second-source": "store",
    "--crs": "EPSG:25832", "--srid": "25832", "--layer": "parcels",
}  # fmt: skip
#: Files that a command can work with.
USABLE_FILES = {
    "PARCELS": "parcels", "FILE": "parcels", "--parcel-file": "parcels", "RASTER": "raster",
    "SOURCE": "source", "--secondary": "source",
}  # fmt: skip

_WORDS = (
    "", " ", "xyz", "None", "-1", "nan", "fid", "*", "%s", "{0}", "a,b,,c", "..", "../../x", "/",
    "dk 2018", "dk-2018'; drop table season; --", "æøå\u2028", "\udcff\udcfe", "a\nb",
    "~", "\x1b[31m", "x" * 5000, "💥", "EPSG:0", "VH/", "NDVI", "VH/VV/0", "utf-99", "idna",
    "mundi", "S2A_MSIL2A_x", "32VNH", "http://127.0.0.1:1/",
)  # fmt: skip
_ADDRESS = re.compile("url|server|airflow|source|--store")
_ADDRESSES = (
    "", " ", "\udcff", "a\nb", "http://", "http://[", "http://127.0.0.1:99999/", "s3://", "/",
    "http://127.0.0.1:1/", "ftp://127.0.0.1/", "file:///etc/passwd", "swift://", "s3://b?x=%zz",
    "s3://b?endpoint=http://127.0.0.1:1", "127.0.0.1:0", "127.0.0.1:x", "files:",
    "files:/proc", "store",
)  # fmt: skip
_DATABASES = (
    "", " ", "\udcff", "127.0.0.1", "http://127.0.0.1:1/",
    "postgresql://u:hushhush@[", "postgresql://u:hushhush@127.0.0.1:x/d", "u:hushhush@127.0.0.1/d",
    "postgresql://u:hush%hushhush@127.0.0.1/d", "mysql://u:hushhush@127.0.0.1/d",
    "host=127.0.0.1 password=hushhush port=1 x", "postgresql://u:hushhush@127.0.0.1:1/d",
)  # fmt: skip
_NUMBERS = (
    "0", "-1", "1", "-0.0", "1.5", "1e3", "nan", "-inf", "inf", "1e308", "-1e-308",
    "99999999999999999999999999", "2147483648", "9223372036854775808", "0x10", "1_000", "x", "",
    "٣", "2,5",
)  # fmt: skip
_DAYS = (
    "2018-05-01", "2018-06-30", "2018-02-30", "0001-01-01", "9999-12-31", "2018-13-01", "20180511",
    "2018-W20-5", "2018-05-11T10:00:00+02:00", "2018-05-11Z", "11.5.2018", "yesterday", "", "-1",
    "2018-05-11\n", "٢٠١٨-٠٥-١١",
)  # fmt: skip
_AREAS = (
    "", "POLYGON", "POLYGON EMPTY", "POINT (9 56)", "POLYGON ((9 56, 10 56, 9 56))",
    "POLYGON ((9 56, 10 56, 10 57, 9 56, 9 57, 9 56))", "POLYGON ((nan 1, 2 2, 3 3, nan 1))",
    "POLYGON ((0 0, 1e308 0, 1e308 1e308, 0 0))", "POLYGON ((500 500, 501 500, 501 501, 500 500))",
    "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))", "SRID=3035;" + AREA, AREA[:-1],
    "POLYGON ((inf inf, 2 2, 3 3, inf inf))", "POLYGON Z ((9 56 1, 10 56 1, 10 57 1, 9 56 1))",
    "GEOMETRYCOLLECTION (POLYGON ((9 56, 10 56, 10 57, 9 56)), POINT (1 1))",
    "POLYGON ((9 56, 9.0000001 56, 9 56.0000001, 9 56))",
)  # fmt: skip


def commands() -> Mapping[str, Any]:
    """Every command that does something, by its words."""
    found = {" ".join(words): one for words, one in walk(typer.main.get_command(build()))}
    return {name: one for name, one in found.items() if not hasattr(one, "commands")}


class Lines:
    """Command lines of one command: most values are usable, a few are not.

    :param folder: of files to write.
    """

    def __init__(self, name: str, command: Any, files: Files, folder: Path) -> None:
        self._name, self._command, self._files, self._folder = name, command, files, folder

    @property
    def odd_values(self) -> int:
        """How many odd values its parameters have together."""
        return sum(len(self._odd(one)) for one in self._command.params)

    @st.composite
    @staticmethod
    def drawn(draw: st.DrawFn, lines: Lines) -> list[str]:
        """A command line."""
        return lines._drawn(draw)

    def _drawn(self, draw: st.DrawFn) -> list[str]:
        parameters = self._command.params
        odd = draw(st.sets(st.sampled_from([one.opts[0] for one in parameters]), max_size=3))
        if self._name in STARTING:
            odd.add("--run-folder")
        if self._name in SERVING:
            odd.add(SERVING[self._name])
        if self._name in WAITING:
            odd.discard("--dry-run")
        words = self._name.split()
        last: list[str] = []
        for one in parameters:
            name = one.opts[0]
            if name in odd:
                values = [draw(st.sampled_from(self._odd(one)))]
            elif one.required or name == WAITING.get(self._name) or draw(st.booleans()):
                values = [self._usable(one)]
            else:
                continue
            if one.multiple and name in odd and draw(st.booleans()):
                values *= 2
            (last if is_argument(one) else words).extend(_typed(one, values))
        return [*words, *(["--"] if draw(st.booleans()) else []), *last]

    def _odd(self, one: Any) -> Sequence[str]:
        type_ = kind(one)
        if getattr(one, "is_flag", False):
            return ("",)
        if type_ is Path:
            return [str(path) for path in self._paths(one)]
        if type_ is parse_area:
            return [*_AREAS, *map(str, self._files.broken)]
        if type_ is parse_day:
            return _DAYS
        if type_ in (int, float):
            return _NUMBERS
        if isinstance(type_, type) and issubclass(type_, Enum):
            return [*(member.value for member in type_), "x", "", "BS", "\udcff"]
        # The name of a machine would be looked up.
        if one.opts[0] == "--database":
            return _DATABASES
        if one.opts[0] == "--mail-server":
            return [address for address in _ADDRESSES if address != "store"]
        return _ADDRESSES if _ADDRESS.search(one.opts[0]) else _WORDS

    def _paths(self, one: Any) -> Sequence[Path]:
        if one.opts[0] in ("--out", "--run-folder"):
            blocked = self._files.good["raster"]
            odd = [blocked / "x.csv", Path("/proc/x.csv"), blocked]
            if one.opts[0] == "--run-folder":
                return odd
            return [
                *odd,
                *(self._folder / name for name in ("no/such/x.csv", "no/such/x", "x", "x.CSV")),
                *(self._folder / f"x.{end}" for end in ("png", "gpkg", "json", "parquet", "html")),
                self._files.folder / "links" / "loop.tif",
                self._folder / ("x" * 300 + ".csv"),
                Path("/"),
                Path(),
            ]
        return self._files.broken

    def _usable(self, one: Any) -> str:
        name = one.metavar if is_argument(one) else one.opts[0]
        type_ = kind(one)
        if name in USABLE_FILES:
            return str(self._files.good[USABLE_FILES[name]])
        if name in USABLE:
            return USABLE[name]
        if name == "--out":
            return str(self._folder / "out.csv")
        if type_ is Path:
            return str(self._folder)
        if isinstance(type_, type) and issubclass(type_, Enum):
            return str(next(iter(type_)).value)
        return {int: "2", float: "1", parse_day: "2018-05-11"}.get(type_, "x")


def _typed(parameter: Any, values: Sequence[str]) -> list[str]:
    if is_argument(parameter):
        return list(values)
    if getattr(parameter, "is_flag", False):
        return [parameter.opts[0]]
    return [word for value in values for word in (parameter.opts[0], value)]


def bounded(lines: Lines, share: float) -> settings:
    """As many examples as there is to draw from; a failing one is not made smaller."""
    return settings(
        max_examples=max(5, math.ceil(math.sqrt(lines.odd_values) * share)),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
