"""``cbm quality``: draw the sample of the yearly assessment, record findings, report errors."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import AsJson, Out, Seed
from dias_cbm.cli.printing import print_json
from dias_cbm.whole_file import whole_folder

if TYPE_CHECKING:
    from dias_cbm.quality.drawn import Drawn
    from dias_cbm.quality.findings import Found, Judged
    from dias_cbm.quality.population import Columns
    from dias_cbm.quality.ranked_list import RankedList

app = typer.Typer(
    name="quality",
    no_args_is_help=True,
    help="The sample of the yearly quality assessment, and what it found.",
)


class DefaultTargets(StrEnum):
    """Targets of groups where no file gives them."""

    SHARE = "share"
    TABLE = "table"


class UseOfCovered(StrEnum):
    """Use of the list's column ``covered``."""

    IGNORED = "0"
    FIRST = "1"
    ONLY = "2"


SampleName = Annotated[
    str,
    typer.Argument(
        metavar="SAMPLE", help="Folder of a draw, or number of a sample in the database."
    ),
]


@app.command()
def draw(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="List as CSV, folder with JRC's input tables, or a season."
        ),
    ],
    out: Out,
    targets: Annotated[
        Path | None, typer.Option("--targets", help="CSV file with the target of each group.")
    ] = None,
    default_targets: Annotated[
        DefaultTargets,
        typer.Option("--default-targets", help="Targets without a file: 5 %, or the older table."),
    ] = DefaultTargets.SHARE,
    limit_holdings: Annotated[
        bool, typer.Option("--limit-holdings", help="Draw from at most 3 % of the holdings.")
    ] = False,
    covered: Annotated[
        UseOfCovered,
        typer.Option("--covered", help="Covered parcels: 0 as all others, 1 first, 2 alone."),
    ] = UseOfCovered.IGNORED,
    keep_first: Annotated[
        bool,
        typer.Option("--keep-first", help="Keep each holding's first row when its bucket is full."),
    ] = False,
    holding_level: Annotated[
        list[str] | None,
        typer.Option("--holding-level", help="Group judged on whole holdings; may be repeated."),
    ] = None,
    seed: Seed = None,
    holding_column: Annotated[
        str, typer.Option("--holding-column", help="Attribute with the holding of a parcel.")
    ] = "holding",
    group_column: Annotated[
        str | None,
        typer.Option("--group-column", help="Attribute with the groups; default: the verdicts'."),
    ] = None,
    covered_column: Annotated[
        str | None, typer.Option("--covered-column", help="Attribute that is 1 under imagery.")
    ] = None,
    area_column: Annotated[
        str | None,
        typer.Option("--area-column", help="Attribute with the claimed hectares; default: area."),
    ] = None,
    verdict_file: Annotated[
        Path | None,
        typer.Option("--verdicts", help="CSV file of verdicts, instead of the database's."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw a sample as JRC's QUASSA does, into a new folder.

    The sample of a season is kept in the database too. The list may lack the column ranking: a
    seed ranks the parcels then, and is kept with the hashes of list and sample.
    """
    from dias_cbm.quality import drawn as drawing
    from dias_cbm.quality import folder, population
    from dias_cbm.quality import targets as target_rules
    from dias_cbm.quality.draw import Covered, Options

    options = Options(limit_holdings, Covered(int(covered)), keep_first)
    columns = population.Columns(holding_column, group_column, covered_column, area_column)
    rule = target_rules.Rule(default_targets.value)
    folder.check_free(out)
    with _list_of(source, seed, columns, verdict_file) as (ranked, used, keep):
        groups = ranked.groups
        wanted = (
            target_rules.default_targets(groups, rule)
            if targets is None
            else target_rules.read(targets, groups)
        )
        drawn = drawing.make(
            ranked, wanted, options, datetime.now(UTC), seed=used,
            season=None if keep is None else source, holding_level=holding_level or (),
        )  # fmt: skip
        sample = None if keep is None else keep(drawn)
        folder.write(drawn, out)
    if as_json:
        print_json(drawn.manifest() | {"sample": sample, "folder": out})
        return
    typer.echo(drawing.summary(drawn), nl=False)
    typer.echo(f"folder: {out}")
    if sample is not None:
        typer.echo(f"sample {sample} in the database")


@contextmanager
def _list_of(
    source: str, seed: int | None, columns: Columns, verdict_file: Path | None
) -> Iterator[tuple[RankedList, int | None, Callable[[Drawn], int] | None]]:
    """The list of a source, the seed that ranked it, and how to keep its draw in the database.

    A draw of a season is kept when the block ends well, together with what the block wrote.
    """
    from dias_cbm.quality import population, ranked_list

    path = Path(source)
    if path.suffix.lower() == ".csv" or path.is_file():
        yield ranked_list.read(path, seed), seed, None
        return
    used = secrets.randbits(32) if seed is None else seed
    if path.is_dir():
        yield population.of_tables(path, used), used, None
        return
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.quality import store, verdicts

    with transaction(application="cbm quality draw") as connection:
        season = seasons.get(connection, source)
        known = (
            verdicts.of_season(connection, season.id)
            if verdict_file is None
            else verdicts.read(verdict_file)
        )
        ranked = population.of_season(connection, season, columns, known, used)
        yield ranked, used, lambda drawn: store.save(connection, season.id, drawn)


@app.command()
def check(
    sample: Annotated[
        str,
        typer.Argument(
            metavar="SAMPLE", help="Folder of a draw or of input tables, or number of a sample."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Repeat a draw to prove it, or check JRC's input tables.

    A draw is proved by the hashes of its list and sample. Of the tables gsa, lpis, gsa_lpis,
    interventions and ua_claimed every problem is listed with its row; then the exit code is 1.
    """
    from dias_cbm.quality import folder

    path = Path(sample)
    if not _is_number(sample) and not (path / folder.MANIFEST).exists():
        _check_tables(path, as_json)
        return
    drawn, found = _load(sample)
    manifest = drawn.manifest()
    if as_json:
        print_json({"proven": True, "findings": len(found)} | manifest)
        return
    typer.echo(f"list: SHA-256 {manifest['list_sha256']}")
    typer.echo(f"sample: SHA-256 {manifest['sample_sha256']}, drawn again, identical")
    typer.echo(f"findings: {len(found)}")


def _check_tables(path: Path, as_json: bool) -> None:
    from dias_cbm.errors import SampleError
    from dias_cbm.quality import tables

    read = tables.read(path)
    if not read:
        raise SampleError("it has neither a draw nor input tables", subject=path)
    found = tables.problems(read)
    if as_json:
        print_json(
            {
                "tables": {name: len(rows) for name, (_, rows) in read.items()},
                "problems": [
                    {"table": one.table, "row": one.row, "message": one.message} for one in found
                ],
            }
        )
    else:
        for name, (_, rows) in read.items():
            typer.echo(f"{name}: {len(rows)} rows")
        for one in found:
            typer.echo(str(one))
        typer.echo(f"{len(found)} problems")
    if found:
        raise typer.Exit(1)


@app.command()
def record(
    sample: SampleName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV file with the findings.")],
    inspector: Annotated[
        str, typer.Option("--inspector", help="Who found it, where the file does not say.")
    ],
    as_json: AsJson = False,
) -> None:
    """Record what inspectors found: all of a file, or nothing.

    Findings are only added. An item on which nobody can tell is replaced by the next of its group.
    """
    from dias_cbm.quality import findings
    from dias_cbm.quality.csv_files import text_of

    new = findings.parse(text_of(file), str(file), inspector, datetime.now(UTC).date())
    done = _record(sample, new)
    replaced = [one for one in done if one.replaced_by]
    stuck = [
        one for one in done if one.finding is findings.Finding.CANNOT_TELL and not one.replaced_by
    ]
    if as_json:
        print_json(
            {
                "recorded": len(done),
                "replaced": [
                    {"group": one.group, "parcel": one.parcel, "by": one.replaced_by}
                    for one in replaced
                ],
                "without_replacement": [[one.group, one.parcel] for one in stuck],
            }
        )
        return
    typer.echo(f"recorded: {len(done)}")
    for one in replaced:
        typer.echo(f"{one.group} {one.parcel}: replaced by {one.replaced_by}: {one.reason}")
    for one in stuck:
        typer.echo(f"{one.group} {one.parcel}: no row is left to replace it: {one.reason}")


@app.command()
def report(sample: SampleName, seed: Seed = None, as_json: AsJson = False) -> None:
    """Print the decision table, and the errors with intervals.

    Alpha and beta come in every definition in use, each printed with it; the errors in hectares
    have design weights, and an interval by a bootstrap over holdings.
    """
    from dias_cbm.quality import report as reporting

    drawn, found = _load(sample)
    made = reporting.report(drawn, found, reporting.SEED if seed is None else seed)
    if as_json:
        print_json(made.values())
    else:
        typer.echo("\n".join(made.lines()))


@app.command()
def export(sample: SampleName, out: Out, as_json: AsJson = False) -> None:
    """Write the items with their findings, and the evidence.

    The folder must be new or empty; it appears when it is complete. Evidence is there for samples
    of a season: series, gaps, verdicts, and a GeoPackage.
    """
    from dias_cbm.quality import findings
    from dias_cbm.quality import report as reporting

    drawn, found = _load(sample)
    items = findings.judged(drawn, found)
    with whole_folder(out) as aside:
        written = _write_evidence(drawn.season, items, aside) if drawn.season is not None else 0
        (aside / "items.csv").write_text(reporting.items_csv(drawn, found))
        (aside / "draw.json").write_text(json.dumps(drawn.manifest(), indent=1) + "\n")
    if as_json:
        print_json({"folder": out, "items": len(items), "evidence": written})
    else:
        typer.echo(f"{out}: {len(items)} items, {written} with evidence")


def _write_evidence(season: str, items: list[Judged], folder: Path) -> int:
    """Write the evidence of a season's items; the number of these."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.quality import evidence

    with transaction(application="cbm quality export") as connection:
        return len(evidence.write(connection, seasons.get(connection, season), items, folder))


def _load(sample: str) -> tuple[Drawn, list[Found]]:
    """A draw, proved, and its findings."""
    from dias_cbm.quality import folder

    drawn = None if _is_number(sample) else folder.read(Path(sample))
    if drawn is not None and drawn.season is None:
        return drawn, folder.findings(Path(sample))
    from dias_cbm.db.connection import transaction
    from dias_cbm.quality import store

    with transaction(application="cbm quality") as connection:
        number = int(sample) if drawn is None else store.find(connection, drawn)
        return store.load(connection, number)[1], store.findings(connection, number)


def _record(sample: str, new: list[Found]) -> list[Found]:
    """Record findings in the folder, or in the database if the sample is a season's."""
    from dias_cbm.quality import folder

    drawn = None if _is_number(sample) else folder.read(Path(sample))
    if drawn is not None and drawn.season is None:
        return folder.record(Path(sample), new)
    from dias_cbm.db.connection import transaction
    from dias_cbm.quality import store

    with transaction(application="cbm quality record") as connection:
        number = int(sample) if drawn is None else store.find(connection, drawn)
        return store.record(connection, number, new)


def _is_number(sample: str) -> bool:
    """Whether a sample of the database is meant; a folder with such a name comes first."""
    return sample.isdecimal() and not Path(sample).is_dir()
