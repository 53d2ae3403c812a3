-- The verdict of a run on a parcel, its explanation if it was listed, and the parcel as it is now.
select
    outlier.pid, outlier.declared, outlier.predicted, outlier.probability, outlier.rank,
    outlier.status, outlier.reason as inconclusive_because, outlier.observations,
    explanation.compared, explanation.sentence, explanation.reason, explanation.remark,
    explanation.method, explanation.blame,
    parcel.pid is not null as is_there, parcel.crop as crop_now,
    parcel.area_m2 / 10000 as area_ha,
    exists (
        select from extraction
        join parcel_slot as slot
            on slot.season = extraction.season and slot.tile = extraction.tile
        where slot.season = outlier.season and slot.pid = outlier.pid
            and extraction.finished_at > run.made_at and extraction.status = 'extracted'
    ) as extracted_since
from outlier
join outlier_run as run on run.id = outlier.run
left join outlier_explanation as explanation
    on explanation.run = outlier.run and explanation.pid = outlier.pid
left join parcel on parcel.season = outlier.season and parcel.pid = outlier.pid
where outlier.run = %(run)s and outlier.pid = %(pid)s
