-- The scenes of other seasons in the days just before and after a season, and when they were
-- extracted, as one hash; null if there are none.
select md5(string_agg(
    concat_ws(' ', unit.season, unit.obsid, unit.tile, unit.finished_at),
    ',' order by unit.season, unit.obsid, unit.tile
)) as hash
from season as own
join season as other on other.id <> own.id and other.srid = own.srid and other.area && own.area
join extraction as unit on unit.season = other.id and unit.status = 'extracted'
join dias_catalogue as scene on scene.id = unit.obsid
where own.id = %(season)s
  and (scene.obstime at time zone 'UTC')::date between own.starts - %(days)s and own.ends + %(days)s
  and (scene.obstime at time zone 'UTC')::date not between own.starts and own.ends
