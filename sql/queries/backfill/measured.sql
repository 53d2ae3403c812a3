-- Measured durations of extractions of one CARD family in this installation, and their bands.
select
    count(*) as units,
    coalesce(avg(unit.seconds), 0)::double precision as seconds,
    (
        select count(distinct band) from signature_block
        where season = %(season)s and card = %(card)s
            and obsid = (
                select max(obsid) from signature_block where season = %(season)s and card = %(card)s
            )
    ) as bands
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid
where unit.status = 'extracted' and unit.seconds is not null and scene.card = %(card)s
