"""Commands on a country's season: 560,000 parcels, 244 passes, 500 million rows.

The season is made from seeds in a scratch database. Commands run as an operator runs them, each in
a process of its own. Bounds are seconds by the clock, which other work on the machine lengthens;
the CPU time of the command and of all of PostgreSQL is in the note.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from benchmarks import ground, nation_season, window_season
from benchmarks.bench import Bench
from benchmarks.report import Row, Table
from benchmarks.waited import Stopwatch, Waited
from dias_cbm import averages
from dias_cbm.cli import build
from dias_cbm.db.connection import Connection, connect
from dias_cbm.seasons import Season

#: Bytes on disk for each parcel: of the season, and of the largest files that are there at a time.
_SEASON_BYTES, _FILE_BYTES = 23_000, 15_000
#: Seconds: what must be kept, and what is aimed at.
_START, _STATUS, _MEANS, _SCENE, _EXPORT = (1, 0.4), (60, 10), (120, 60), (30, 15), (200, 120)
_NONE = (None, None)
#: Modules of the library that the tasks of the DAGs work with.
_TASKS = (
    "dias_cbm.pipeline.day", "dias_cbm.pipeline.recheck", "dias_cbm.pipeline.digest",
    "dias_cbm.averages", "dias_cbm.extraction.unit", "dias_cbm.card.make",
)  # fmt: skip
#: Exit code of a command that did its work, and found the season not finished.
_NOT_PROVEN = 1
_CBM = str(Path(sys.executable).with_name("cbm"))


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Seconds of commands, of five-day means, of a late scene, and of starting at all."""
    parcels = bench.parcels or (
        window_season.QUICK_PARCELS if bench.quick else window_season.PARCELS
    )
    store = bench.cache / f"nation-{parcels}"
    store.mkdir(parents=True, exist_ok=True)
    with ground.kept_or_scratch(bench.admin_url, bench.database) as url:
        ground.plain_settings(url, store)
        with connect(url) as connection:
            season = nation_season.find(connection)
            _check_room(store, parcels, made=season is not None)
            season = season or _made(connection, url, parcels)
            rows = []
            # One by one: if the run is cut short, what was measured is known.
            for row in Nation(bench, connection, season, store).rows():
                _say(f"{row.what}: {row.value:.3g} {row.unit}; {row.note}")
                rows.append(row)
    return rows, []


def _check_room(store: Path, parcels: int, *, made: bool) -> None:
    """Say what disk it takes; the project's own cluster lies on the same one.

    :raises SystemExit: it is not there.
    """
    season = 0 if made else parcels * _SEASON_BYTES / 1e9
    files = parcels * _FILE_BYTES / 1e9
    _say(
        f"a season of {parcels:,} parcels: {1 + season + files:.0f} GB of disk until it ends, of"
        f" which {files:.1f} GB for files"
    )
    free = shutil.disk_usage(store).free / 1e9
    if free < 1 + season + files:
        sys.exit(f"nation: only {free:.0f} GB are free; make it smaller by --parcels")


def _made(connection: Connection, url: str, parcels: int) -> Season:
    started = time.monotonic()
    season = nation_season.make(connection, url, parcels)
    _say(f"season made in {time.monotonic() - started:.0f} s")
    return season


class Nation:
    """The commands on a season that is there.

    :param store: folder for the product of the late scene, and for the export.
    """

    def __init__(self, bench: Bench, connection: Connection, season: Season, store: Path) -> None:
        self._quick = bench.quick
        self._connection, self._season, self._store = connection, season, store
        self._watch = Stopwatch(connection)

    def rows(self) -> Iterator[Row]:
        """Every row, in an order in which nothing disturbs what follows."""
        yield self._start_up()
        yield self._imports()
        yield self._status()
        yield self._thorough()
        yield self._command("gaps_refresh", "gaps refresh", _NONE, "gaps", "refresh")
        why = ("gaps", "why", self._season.name, "1000", "2018-06-05")
        yield self._command("gaps_why", "gaps why, of a parcel and a day", _NONE, *why)
        digest = ("gaps", "digest", self._season.name)
        yield self._command("digest", "digest of the season", _NONE, *digest)
        yield from self._late_scenes()
        yield self._means()
        yield self._export()

    def _start_up(self) -> Row:
        """The slowest of all commands that do no work."""
        nouns = typer.main.get_command(build()).commands  # type: ignore[attr-defined]
        starts = [["--version"], ["--help"], *([noun, "--help"] for noun in nouns)]
        starts += [["settings", "show"], ["db", "status"], ["season", "list"]]
        starts = starts[:1] + starts[-1:] if self._quick else starts
        took = {" ".join(one): self._process(_CBM, *one)[0].client for one in starts}
        slowest = max(took, key=took.__getitem__)
        note = f"the slowest of {len(took)}: cbm {slowest}; cbm --version {took['--version']:.2f} s"
        return Row(
            "start", "start-up of any command", took[slowest], "s CPU", *_START, least=False,
            note=note, details=dict(took),
        )  # fmt: skip

    def _imports(self) -> Row:
        """The slowest of the modules that tasks import, in fresh processes."""
        names = _TASKS[:1] if self._quick else _TASKS
        took = {
            name: self._process(sys.executable, "-c", f"import {name}")[0].client for name in names
        }
        each = (f"{name.removeprefix('dias_cbm.')} {one:.2f}" for name, one in took.items())
        return Row(
            "task_imports", "imports of a task of a DAG, in a fresh process", max(took.values()),
            "s CPU", least=False, note="; ".join(each), details=dict(took),
        )  # fmt: skip

    def _status(self) -> Row:
        return self._command(
            "status", "season status (proof)", _STATUS, "season", "status", self._season.name,
            "--seed", "1", said=r"of ([\d,]+ rows of blocks [\d,]+ were counted)|(all [\d,]+ rows)",
        )  # fmt: skip

    def _thorough(self) -> Row:
        return self._command(
            "status_thorough", "the same, --thorough: every array of counts is read", _NONE,
            "season", "status", self._season.name, "--thorough", said=r"(all [\d,]+ rows)",
        )  # fmt: skip

    def _late_scenes(self) -> Iterator[Row]:
        _say("a late scene ...")
        connection, season = self._connection, self._season
        obsid = nation_season.late_scene(connection, season)
        with (
            nation_season.product(connection, season, obsid, self._store) as size,
            TemporaryDirectory(dir=self._store) as cache,
        ):
            what = "a late scene: extraction to means to gaps"
            yield self._late_scene(
                "late_scene_first", f"{what}; parcels from the database", obsid, size, cache
            )
            nation_season.late_scene(connection, season)
            yield self._late_scene(
                "late_scene", f"{what}; parcels in files, as after other scenes", obsid, size, cache
            )

    def _late_scene(self, name: str, what: str, obsid: int, size: str, cache: str) -> Row:
        """A row of one late scene.

        :param size: of its product, in words.
        :param cache: the folder in which a worker keeps parcels.
        """
        scene = (sys.executable, "-m", "benchmarks.nation_scene", str(obsid))
        took, output = self._process(*scene, CBM_STORE_CACHE_FOLDER=cache)
        found = json.loads(output)
        steps = ", ".join(f"{step} {one:.1f} s" for step, one in found["seconds"].items())
        note = f"BEAM-DIMAP, {size}: {found['records']:,} records; by the clock {steps}"
        return _row(name, what, took, _SCENE, note, found)

    def _means(self) -> Row:
        _say("five-day means of the whole season ...")
        made: list[averages.MeansReport] = []
        took = self._watch.measure(
            lambda: made.append(
                averages.update(self._connection, self._season.id, nation_season.CARD, workers=2)
            )
        )
        note = f"{made[0].means:,} means of all orbits; {len(made[0].periods)} windows, two workers"
        return _row("nation_means", "five-day means, whole season", took, _MEANS, note)

    def _export(self) -> Row:
        what = ("--what", "signatures", "--what", "means", "--json")
        export = ("season", "export", self._season.name, *what, "--out")
        _say(f"cbm {' '.join(export[:-1])} ...")
        with TemporaryDirectory(dir=self._store) as folder:
            took, output = self._process(_CBM, *export, folder)
            size = sum(file.stat().st_size for file in Path(folder).iterdir())
        report = json.loads(output)
        rows = {"signatures": 0, "means": 0}
        for file in report["files"]:
            rows[file["what"]] += file["rows"]
        means = nation_season.means(self._connection, self._season)
        if report["different"] or rows["means"] != means:
            raise RuntimeError(f"not all was exported: {report}, and there are {means:,} means")
        note = f"{sum(rows.values()):,} rows, {size / 1e9:.1f} GB"
        return _row("export", "export to Parquet", took, _EXPORT, note, rows | {"bytes": size})

    def _command(
        self,
        name: str,
        what: str,
        bounds: tuple[float | None, float | None],
        *arguments: str,
        said: str = "",
    ) -> Row:
        """A row of one command.

        :param said: expression for a part of its output that belongs in the note.
        """
        _say(f"cbm {' '.join(arguments)} ...")
        took, output = self._process(_CBM, *arguments)
        note = ""
        if said:
            match = re.search(said, output)
            if match is None:
                raise RuntimeError(f"cbm {' '.join(arguments)} did not say {said}: {output}")
            note = next(filter(None, match.groups()))
        return _row(name, what, took, bounds, note)

    def _process(self, *command: str, **environment: str) -> tuple[Waited, str]:
        """What a process takes, and what it writes.

        :param environment: variables that it alone has.
        :raises RuntimeError: it failed.
        """
        done: list[subprocess.CompletedProcess[str]] = []
        took = self._watch.measure(
            lambda: done.append(
                subprocess.run(
                    command,
                    capture_output=True,
                    text=True,
                    check=False,
                    env=os.environ | environment,
                )
            )
        )
        failed = done[0].stderr.startswith(("error", "Traceback"))
        if done[0].returncode not in (0, _NOT_PROVEN) or failed:
            raise RuntimeError(f"{' '.join(command)}: {done[0].returncode}: {done[0].stderr}")
        return took, done[0].stdout


def _row(
    name: str,
    what: str,
    took: Waited,
    bounds: tuple[float | None, float | None],
    note: str,
    details: Mapping[str, object] | None = None,
) -> Row:
    note = "; ".join(filter(None, (took.said(), note)))
    numbers = {"client": took.client, "server": took.server, "wall": took.wall}
    return Row(
        name, what, took.wall, "s", *bounds, least=False, note=note,
        details=numbers | dict(details or {}),
    )  # fmt: skip


def _say(text: str) -> None:
    print(f"nation: {text}", file=sys.stderr, flush=True)
