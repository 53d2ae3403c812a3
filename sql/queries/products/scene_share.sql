-- Share of a scene's ground that lies over the seasons of its day; null without any.
select
    st_area(st_intersection(scene.footprint, st_union(season.area))) / nullif(st_area(scene.footprint), 0) as share
from dias_catalogue as scene
join season
    on (scene.obstime at time zone 'UTC')::date between season.starts and season.ends
    and st_intersects(season.area, scene.footprint)
where scene.id = %(scene)s
group by scene.id, scene.footprint
