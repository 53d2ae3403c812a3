-- A parcel whose peers are asked for; its geometry as text, in the season's CRS.
select parcel.crop, parcel.area_m2, parcel.geom::text as geom,
    st_x(parcel.centre) as lon, st_y(parcel.centre) as lat,
    (select max(id) from outlier_run where outlier_run.season = parcel.season) as run
from parcel
where parcel.season = %(season)s and parcel.pid = %(pid)s
