-- The outliers of a run, in the order of its ranking.
select
    outlier.pid, 'outlier' as kind, '' as scheme, outlier.declared as crop,
    parcel.attributes ->> %(holding)s::text as holding, slot.tile, parcel.area_m2 / 10000 as area_ha,
    outlier.rank, outlier.predicted,
    coalesce(outlier.wrong_probability, outlier.wrong_at_least) as wrong,
    outlier.wrong_probability is not null as calibrated,
    null as finding
from outlier
join parcel on parcel.season = outlier.season and parcel.pid = outlier.pid
join parcel_slot as slot on slot.season = outlier.season and slot.pid = outlier.pid
where outlier.run = %(run)s and outlier.status = 'outlier'
order by outlier.rank nulls last, outlier.pid
