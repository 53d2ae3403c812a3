-- The season of the year before that covers most of a season's area.
with this as (
    select id, area, extract(year from starts + (ends - starts) / 2) as year
    from season where id = %(season)s
)
select season.id, season.name, season.srid
from season, this
where extract(year from season.starts + (season.ends - season.starts) / 2) = this.year - 1
  and st_intersects(season.area, this.area)
order by st_area(st_intersection(season.area, this.area)) desc, season.id desc
limit 1
