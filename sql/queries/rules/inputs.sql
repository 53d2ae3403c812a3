-- What a run of rules reads: a hash of the newest marker runs of each block, the markers that have
-- any, the season's parcels, and how many of them have answers.
with latest as (
    select marker, blk, run
    from latest_marker_block
    where season = %(season)s and marker = any(%(markers)s)
)

select
    (select md5(string_agg(marker || ' ' || blk || ' ' || run, ',' order by blk, marker)) from latest)
        as hash,
    (select coalesce(array_agg(distinct marker), '{}') from latest) as markers,
    (select count(*) from parcel where season = %(season)s) as parcels,
    (
        select count(*) from parcel_slot
        where season = %(season)s and blk in (select blk from latest)
    ) as answered
