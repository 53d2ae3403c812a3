-- Outlines of the parcels as web maps draw them; written with the parcels, and never on their own.
create table parcel_outline (
    season smallint not null,
    pid text not null,
    place integer not null,                          -- (blk - 1) * 984 + pos - 1
    outline geometry(MultiPolygon, 3857) not null,
    coarse geometry(MultiPolygon, 3857) not null,    -- for zoom 11
    primary key (season, pid),
    foreign key (season, pid) references parcel on delete cascade
);
create index parcel_outline_outline on parcel_outline using gist (outline);
comment on table parcel_outline is 'Parcels in Web Mercator, for the tiles of the map';

create function draw_outlines(for_season smallint) returns void language sql as $$
    insert into parcel_outline (season, pid, place, outline, coarse)
    select
        parcel.season, parcel.pid, (slot.blk - 1) * 984 + slot.pos - 1,
        web.outline,
        -- 12 m of Web Mercator are a third of a pixel at zoom 11.
        coalesce(st_multi(st_simplifypreservetopology(web.outline, 12)), web.outline)
    from parcel
    join parcel_slot as slot using (season, pid)
    cross join lateral (select st_multi(st_transform(parcel.geom, 3857)) as outline) as web
    where parcel.season = for_season
    order by slot.blk, slot.pos
$$;
comment on function draw_outlines is 'Write the outlines of a season that has none';

select draw_outlines(id) from season;

-- What the map asks of lists and decisions.
create index outlier_listed on outlier (run, suspicion desc) where status = 'outlier';
