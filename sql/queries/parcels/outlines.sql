-- Write the outlines of a season's parcels for the map.
select draw_outlines(%(season)s::smallint)
