-- An open gap, locked, with the state of its scene.
select gap.attempts, gap.cause, scene.attempts as failures, scene.online
from gap
left join dias_catalogue as scene on scene.id = gap.obsid
where gap.id = %(gap)s and gap.closed_at is null
for update of gap
