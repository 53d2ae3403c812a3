-- Parcels of a season with their holding, their crop, and the crop predicted for outliers.
select
    slot.pid, slot.blk, slot.pos, nullif(btrim(parcel.attributes ->> %(holding)s), '') as holding,
    coalesce(parcel.crop, '') as crop, parcel.area_m2,
    case when outlier.status = 'outlier' then outlier.predicted end as predicted
from parcel_slot as slot
join parcel using (season, pid)
left join outlier
    on outlier.season = parcel.season and outlier.pid = parcel.pid
    and outlier.run = (select max(id) from outlier_run where season = %(season)s)
where slot.season = %(season)s
order by slot.blk, slot.pos
