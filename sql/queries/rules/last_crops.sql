-- Of each parcel of a season, what last season's parcels with the same id or on the same land grew.
with this as materialized (
    select
        pid,
        case
            when st_srid(geom) = %(srid)s then geom
            else st_makevalid(st_transform(geom, %(srid)s::integer))
        end as geom
    from parcel where season = %(season)s
),
same as materialized (
    select
        this.pid, nullif(before.crop, '') as crop,
        case
            when before.geom = this.geom then 1
            else st_area(st_intersection(before.geom, this.geom)) / st_area(this.geom)
        end as overlap
    from this
    join parcel as before on before.season = %(before)s and before.pid = this.pid
)
select this.pid, same.crop as id_crop, coalesce(same.overlap, 0) as id_overlap, placed.crops, placed.overlaps
from this
left join same on same.pid = this.pid
left join lateral (
    -- A crop's parcels may be two that were joined since; where they overlap, land counts once.
    select
        array_agg(grown.crop order by grown.overlap desc, grown.crop) as crops,
        array_agg(grown.overlap order by grown.overlap desc, grown.crop) as overlaps
    from (
        select
            coalesce(before.crop, '') as crop,
            case
                when count(*) = 1 then sum(st_area(st_intersection(before.geom, this.geom)))
                else st_area(st_union(st_intersection(before.geom, this.geom)))
            end / st_area(this.geom) as overlap
        from parcel as before
        where (coalesce(same.overlap, 0) < %(least)s or same.crop is null)
          and before.season = %(before)s and before.geom && this.geom
          and st_intersects(before.geom, this.geom)
        group by coalesce(before.crop, '')
    ) as grown
) as placed on true
