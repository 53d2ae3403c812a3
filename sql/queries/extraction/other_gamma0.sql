-- A scene of a season whose backscatter is of the other kind, over the ellipsoid or the terrain.
select scene.reference
from extraction
join dias_catalogue as scene on scene.id = extraction.obsid
where
    extraction.season = %(season)s
    and extraction.status = 'extracted'
    and scene.card = 'bs'
    and scene.status <> 'superseded'
    and scene.id <> %(obsid)s
    and coalesce(scene.engine ->> 'gamma0', 'ellipsoid') <> %(gamma0)s
limit 1
