-- Create a season; no row when the name is taken.
insert into season (
    name, area, srid, epoch, starts, ends, step_days, area_from_parcels, precision
)
values (
    %(name)s, st_geomfromwkb(%(area)s, 4326), %(srid)s, %(epoch)s, %(starts)s, %(ends)s,
    %(step_days)s, %(area_from_parcels)s, %(precision)s
)
on conflict (name) do nothing
returning id
