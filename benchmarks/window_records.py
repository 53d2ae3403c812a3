"""Statistics of the window's season: patterns of noise, copied to all blocks.

There are so many patterns that none comes twice in a row group of an export, which would compress.
The tables are not written to the log, which would take as long again; reading them is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from dias_cbm.db.connection import Connection, connect
from dias_cbm.seasons import Season

# A prime, and more parcels than a block has.
_PATTERNS, _LONGEST = 509, 1000
_TEMPORARY = """
create unlogged table pattern (
    card text, number integer, count real[], mean real[], std real[], min real[], max real[],
    p25 real[], p50 real[], p75 real[], n smallint[]
)
"""
_EXTERNAL = "alter table pattern " + ", ".join(
    f"alter {name} set storage external"
    for name in ("count", "mean", "std", "min", "max", "p25", "p50", "p75", "n")
)
# Gamma0 of 0.1 or reflectance of 0.05 to 0.4; one value in fifty is missing.
_NOISE = """
insert into pattern
select
    one.card, one.number, made.count, made.mean, made.std, made.low, made.high, made.p25,
    made.mean, made.p75, made.n
from (
    select card, number
    from unnest(%(cards)s::text[]) as card
    cross join generate_series(0, %(patterns)s - 1) as number
) as one
cross join lateral (
    select
        array_agg(case when mean = 'NaN' then 0 else 10 + floor(390 * chance) end::real) as count,
        array_agg(mean::real) as mean, array_agg((mean * 0.2)::real) as std,
        array_agg((mean * 0.4)::real) as low, array_agg((mean * 1.9)::real) as high,
        array_agg((mean * 0.9)::real) as p25, array_agg((mean * 1.1)::real) as p75,
        array_agg(case when mean = 'NaN' then 0 else 1 end::smallint) as n
    from (
        select
            random() as chance,
            case
                when random() < 0.02 then 'NaN'
                when one.card = 'bs' then exp(-2.3 + random() - 0.5)
                else 0.05 + 0.35 * random()
            end::double precision as mean
        -- Without the number, PostgreSQL would remember one pattern for all of a card.
        from generate_series(1, %(longest)s + one.number * 0)
    ) as parcel
) as made
"""

# Of a radar pass that has two slices, a block has the records of the one that its middle is in.
_SIGNATURES = """
with block as materialized (
    select
        block.season, scene.card, scene.id as obsid, scene.obstime, block.blk, block.parcels, band,
        (scene.id * 211 + block.blk * 2 + place) %% %(patterns)s as number
    from dias_catalogue as scene
    join parcel_block as block
        on block.season = %(season)s and st_intersects(st_centroid(block.extent), scene.footprint)
        and (scene.tile is null or scene.tile = block.tile)
    cross join unnest(%(bands)s::text[]) with ordinality as each (band, place)
    where scene.card = %(card)s and scene.status = 'extracted'
)

insert into signature_block
select
    season, card, obsid, blk, band, 'centre', count[:parcels], mean[:parcels], std[:parcels],
    min[:parcels], max[:parcels], p25[:parcels], p50[:parcels], p75[:parcels]
from (select * from block join pattern using (card, number) order by obstime, blk, band) as filled
"""
_HISTOGRAMS = """
insert into histogram_block
select block.season, scene.id, block.blk, class, pattern.count[:block.parcels]
from dias_catalogue as scene
join parcel_block as block
    on block.season = %(season)s and scene.tile = block.tile
cross join unnest(array[4, 5, 9]) with ordinality as each (class, place)
join pattern
    on pattern.card = 's2'
    and pattern.number = (scene.id * 5 + block.blk * 3 + place) %% %(patterns)s
where scene.card = 's2' and scene.status = 'extracted'
"""
_MEANS = """
insert into five_day_mean_block
select
    block.season, looks.card, period, block.blk, band, direction,
    pattern.mean[:block.parcels], pattern.n[:block.parcels]
from (
    select
        card, ((obstime at time zone 'UTC')::date - %(epoch)s) / %(step)s as period,
        case when card = 's2' then array['*'] else array['A', 'D', '*'] end as directions,
        cardinality(%(bands)s::text[]) as bands
    from dias_catalogue
    where card = %(card)s and status = 'extracted'
    group by 1, 2
) as looks
join parcel_block as block on block.season = %(season)s
cross join unnest(%(bands)s::text[]) with ordinality as each (band, place)
cross join lateral unnest(looks.directions) with ordinality as way (direction, side)
join pattern
    on pattern.card = looks.card and pattern.number
    = (looks.period * 307 + (block.blk * looks.bands + place) * 3 + side) %% %(patterns)s
"""
_BANDS = {"bs": ["VV", "VH"], "s2": ["B02", "B03", "B04", "B08", "B11", "B12"]}


def fill(
    connection: Connection, url: str, season: Season, cards: Sequence[str] = ("bs", "s2")
) -> None:
    """Fill the tables of signatures, classes and means; commits.

    :param url: of the database: all cards are written at the same time.
    """
    connection.execute(_TEMPORARY)
    connection.execute(_EXTERNAL)
    values = {"cards": list(cards), "patterns": _PATTERNS, "longest": _LONGEST}
    connection.execute(_NOISE, values)
    connection.execute("analyze dias_catalogue, parcel_block, pattern")
    for leaf in _leaves(connection, season):
        connection.execute(f"alter table {leaf} set unlogged")
        # It would read all of it once while pages are measured.
        connection.execute(
            f"alter table {leaf} set (autovacuum_enabled = off, toast.autovacuum_enabled = off)"
        )
    connection.commit()
    with ThreadPoolExecutor(len(cards)) as pool:
        list(pool.map(lambda card: _of_card(url, season, card), cards))
    connection.execute("drop table pattern")
    connection.commit()


def _of_card(url: str, season: Season, card: str) -> None:
    values = {
        "season": season.id, "card": card, "bands": _BANDS[card], "epoch": season.epoch,
        "step": season.step_days, "patterns": _PATTERNS,
    }  # fmt: skip
    with connect(url) as connection:
        connection.execute(_SIGNATURES, values)
        connection.execute(_MEANS, values)
        if card == "s2":
            connection.execute(_HISTOGRAMS, values)


def _leaves(connection: Connection, season: Season) -> list[str]:
    rows = connection.execute(
        "select relname from pg_class where relkind = 'r' and relname = any(%s)",
        (
            [
                f"{table}_{season.id}{card}"
                for table in ("signature_block", "five_day_mean_block", "histogram_block")
                for card in ("", "_bs", "_s2")
            ],
        ),
    )
    return [row.relname for row in rows]
