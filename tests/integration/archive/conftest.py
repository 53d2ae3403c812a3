"""Two seasons that have a row in every table, and share a scene."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from blocks import add_block, add_scene, add_season, add_signatures

from dias_cbm import ledger, seasons
from dias_cbm.averages import update
from dias_cbm.db.connection import Connection
from dias_cbm.precision import Precision
from dias_cbm.scenes import Kind, Status
from dias_cbm.seasons import Season

# One row of every table that the pipeline would fill later; parameter season, obsid.
ROWS = r"""
insert into histogram_block values (%(season)s, %(obsid)s, 1, 4, '{7, NaN}');
insert into parcel_flag values (%(season)s, 'b', 'bs', 'centre', 'few_pixels', 0.5);
select draw_outlines(%(season)s);
insert into parcel_load (season, file, report) values (%(season)s, 'parcels.gpkg', '{}');
insert into parcel_rejected (load, feature, reason)
    select max(id), 3, 'no_geometry' from parcel_load;
insert into catalogue_watermark (platform, season, kind, published)
    values ('local', %(season)s, 'CARD_BS', '2018-05-02T00:00Z');
insert into catalogue_round values ('local', %(season)s, 'sweep', '2018-05-02T00:00Z');
insert into gap (season, card, satellite, rel_orbit, tile, expected_at, cause, evidence, state,
                 parcels, obsid, next_check)
    values (%(season)s, 'bs', 'S1A', 44, '32VNH', '2018-05-04T05:40Z', 'corrupt', 'said so',
            'missing', 2, %(obsid)s, now());
insert into observed_day (season, card, day, report) values (%(season)s, 'bs', '2018-05-02', '{}');
insert into clear_share (season, obsid, tile, classes) values (%(season)s, %(obsid)s, '32VNH', '4');
insert into digest (season, news, state, subject, items)
    values (%(season)s, 'hash', 'sending', 'news', '{"one, two"}');
insert into outlier_run (season, model, features, labels, report)
    values (%(season)s, 'model', '{}', 'labels', '{}');
insert into outlier (run, season, pid, status, observations)
    select max(id), %(season)s, 'a', 'outlier', 4 from outlier_run;
insert into typical_curve (run, season, kind, name, card, band, direction, first_period, parcels, n,
                           p10, p50, p90)
    select max(id), %(season)s, 'crop', 'rye', 'bs', 'VH', 'A', 3, 20, '{20, 0}', '{-22, NaN}',
        '{-20, NaN}', '{-18, NaN}' from outlier_run;
insert into typical_level (run, season, card, band, direction, first_period, mean)
    select max(id), %(season)s, 'bs', 'VH', 'A', 3, '{-19, NaN}' from outlier_run;
insert into outlier_explanation (run, season, pid, compared, sentence, method, blame)
    select max(id), %(season)s, 'a', 'oats', 'In mid May ...', 'distance', '[]' from outlier_run;
insert into outlier_model (run, name, content)
    select max(id), 'trees, fold 0', 'text' from outlier_run;
insert into decision (season, pid, run, finding, decided_by, source)
    select %(season)s, 'a', max(id), 'wrong', 'ann', 'window' from outlier_run;
insert into crop_group (season, crop, name, source) values (%(season)s, 'rye', 'cereals', 'a.csv');
insert into marker_input (season, blk, hash, days, looks, missing)
    values (%(season)s, 1, 'hash', '{17653}', '\x8000', '[]');
insert into marker_run (season, marker, version, parameters, inputs_hash, code, until, window_start,
                        window_end)
    values (%(season)s, 'mowing', '1', '{}', 'hash', '0', '2018-06-01', '2018-01-01', '2019-01-01');
insert into marker_state_block
    select run.id, %(season)s, 1, input.id, '{1, 3}', '{0, 3}', '{0.9, NaN}', '{0.5, 0}', '{9, 99}',
           '{7, 1}'
    from marker_run as run join marker_input as input using (season) where season = %(season)s;
insert into marker_value_block
    select id, %(season)s, 1, 'cuts', '{1, NaN}' from marker_run where season = %(season)s;
insert into marker_event_slot
    select id, %(season)s, 1, 1, 1, 'mowing', '2018-05-01', '2018-05-06', '2018-05-04', 0.9,
           null, %(obsid)s, '{}', '{}'
    from marker_run where season = %(season)s;
insert into quality_sample (season, made_at, manifest, list)
    values (%(season)s, '2018-11-01T00:00Z', '{}', 'list');
insert into quality_item
    select max(id), %(season)s, 'BISS', 'a', 'h1', 1, true, 1.5, 'green', 1 from quality_sample;
insert into quality_finding (sample, season, bucket, pid, finding, reason, inspector, found_at)
    select max(id), %(season)s, 'BISS', 'a', 'compliant', '', 'ann', '2018-11-02'
    from quality_sample;
insert into series_source (season, name, file_name, file_hash, reading, records, report, code)
    values (%(season)s, 'jrc', 'jrc.csv', 'hash', '{}', 1, '{}', '0');
insert into series_block
    select id, %(season)s, 'bs', 'VV', 1, '2018-05-02', 'A', '{2}', '{9}', '{0.25}', '{NaN}',
           '{NaN}', '{NaN}', '{NaN}', '{NaN}', '{NaN}'
    from series_source where season = %(season)s;
insert into weather_cell values (%(season)s, 'c1', st_point(9.2, 56.2, 4326));
insert into weather_day values (%(season)s, 'c1', '2018-05-02', 9.5, 4, null, 0.2);
insert into work_assignment (season, pid, assignee, assigned_by, user_id)
    values (%(season)s, 'a', 'ida', 'ole', '3');
insert into scheme_run (season, file_name, file_hash, file, inputs_hash, code)
    values (%(season)s, 'rules.toml', 'hash', 'text', 'hash', '0');
insert into verdict_block
    select run.id, %(season)s, 1, 'meadow', '{2, 1}', '{0, 0}', E'Green: mown.\\n',
           array[marker_run.id]
    from scheme_run as run join marker_run using (season) where season = %(season)s;
"""


@pytest.fixture
def two(connection: Connection) -> tuple[Season, Season]:
    """``dk-2018`` and ``es-2018``; the ledger has three scenes, of which one is superseded."""
    source = add_scene(connection, "grd", datetime(2018, 5, 2, 5, tzinfo=UTC), Kind.S1_GRD)
    loser = add_scene(connection, "nrt", datetime(2018, 5, 2, 5, 40, tzinfo=UTC))
    scene = add_scene(
        connection, "fast", datetime(2018, 5, 2, 5, 40, tzinfo=UTC), status=Status.READY
    )
    ledger.supersede(connection, loser.id, scene.id)
    connection.execute(
        "insert into card_source values (%s, %s, 'reference')", (scene.id, source.id)
    )
    for name, precision in (("dk-2018", Precision.QUANTISED), ("es-2018", Precision.FULL)):
        season = add_season(connection, name, precision=precision)
        add_block(connection, season, 1, ["a", "b"])
        ledger.plan_extractions(connection, scene.id)
        add_signatures(connection, season, scene, 1, "VV", [9, 4], [0.25, 0.5])
        update(connection, season, "bs")
        for statement in filter(str.strip, ROWS.split(";")):
            connection.execute(statement, {"season": season, "obsid": scene.id})
    made = seasons.get(connection, "dk-2018"), seasons.get(connection, "es-2018")
    connection.commit()
    return made
