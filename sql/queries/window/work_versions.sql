-- What the work list of a season is made from, and what people have done to it.
select
    (select version::text from parcel_load where season = one.id order by id desc limit 1) as parcels,
    (select max(id) from outlier_run where season = one.id) as outlier_run,
    (select max(id) from scheme_run where season = one.id) as scheme_run,
    (select max(id) from quality_sample where season = one.id) as sample,
    (
        select max(id) from quality_finding
        where sample = (select max(id) from quality_sample where season = one.id)
    ) as finding,
    (select max(id) from decision where season = one.id) as decision,
    (select max(id) from work_assignment where season = one.id) as assignment
from season as one
where one.id = %(season)s
