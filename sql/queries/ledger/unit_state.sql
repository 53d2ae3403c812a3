-- What the units of a scene say of it; no row without units.
select
    count(*) filter (where unit.status in ('ready', 'inprogress')) as open,
    count(*) filter (where unit.status = 'failed') as failed,
    count(*) filter (where unit.status = 'extracted') as extracted,
    scene.attempts,
    case
        when bool_or(unit.status = 'failed') then min(unit.reason) filter (where unit.status = 'failed')
        when not bool_or(unit.status = 'extracted') then min(unit.reason)
    end as reason
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid
where unit.obsid = %(scene)s
group by scene.id
