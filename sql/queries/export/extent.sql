-- Bounding box of a season's parcels, in the CRS of the season; nulls without parcels.
select
    st_xmin(extent) as west, st_ymin(extent) as south, st_xmax(extent) as east, st_ymax(extent) as north
from (select st_extent(geom) as extent from parcel where season = %(season)s) as parcels
