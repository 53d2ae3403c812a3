-- Insert a scene that is listed for the first time; no row when it is known.
insert into dias_catalogue (
    platform, product_id, reference, obstime, endtime, published, sensor, card, kind,
    rel_orbit, abs_orbit, direction, datatake, slice, tile, baseline, timeliness,
    footprint, location, online, size, checksum, status, cause, reason
)
values (
    %(platform)s, %(product_id)s, %(reference)s, %(obstime)s, %(endtime)s, %(published)s,
    %(sensor)s, %(card)s, %(kind)s, %(rel_orbit)s, %(abs_orbit)s, %(direction)s, %(datatake)s,
    %(slice)s, %(tile)s, %(baseline)s, %(timeliness)s,
    st_geomfromwkb(%(footprint)s, 4326), %(location)s, %(online)s, %(size)s, %(checksum)s,
    %(status)s, %(cause)s, %(reason)s
)
on conflict (platform, product_id) do nothing
returning id
