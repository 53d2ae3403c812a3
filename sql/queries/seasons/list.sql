-- Every season, columns in the order of dias_cbm.seasons.Season.
select
    id, name, st_asbinary(area) as outline,
    array[st_xmin(area), st_ymin(area), st_xmax(area), st_ymax(area)] as bounds,
    srid, epoch, starts, ends, step_days, area_from_parcels, precision
from season
order by starts, name
