-- The state of a scene as its units have it; no row without units. The first one gives cause and
-- reason: a failed one, with a corrupt product before the others; else an extracted one, which has
-- neither.
with unit as (
    select
        status, cause, reason,
        row_number() over (
            order by
                status = 'failed' desc, status = 'extracted' desc,
                cause is not distinct from 'corrupt' desc, cause, season, tile
        ) as rank
    from extraction
    where obsid = %(scene)s
)

select
    count(*) filter (where unit.status in ('ready', 'inprogress')) as open,
    count(*) filter (where unit.status = 'failed') as failed,
    count(*) filter (where unit.status = 'extracted') as extracted,
    min(unit.cause) filter (where unit.rank = 1) as cause,
    min(unit.reason) filter (where unit.rank = 1) as reason,
    scene.attempts
from unit
join dias_catalogue as scene on scene.id = %(scene)s
group by scene.id
