-- CARD scenes of one family over a season within a window, with the work left to do on each.
select
    scene.platform, scene.product_id, scene.status::text as status, scene.size, scene.tile,
    st_asbinary(scene.footprint) as footprint,
    winner.status::text as winner_status,
    (
        select coalesce(sum(unit.records), 0)::bigint
        from extraction as unit
        where unit.obsid = scene.id and unit.season = season.id
    ) as records
from dias_catalogue as scene
join season on season.id = %(season)s and st_intersects(season.area, scene.footprint)
left join dias_catalogue as winner on winner.id = scene.superseded_by
where scene.card = %(card)s and scene.obstime >= %(start)s and scene.obstime < %(end)s
order by scene.id
