-- Scenes in progress with units of a season; locked.
select scene.id
from dias_catalogue as scene
where scene.status = 'inprogress'
    and exists (
        select from extraction where extraction.obsid = scene.id and extraction.season = %(season)s
    )
order by scene.id
for no key update
