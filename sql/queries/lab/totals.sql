-- Single figures of a season.
select
    (select count(*) from parcel where season = %(season)s) as parcels,
    (
        select count(*)
        from extraction
        where season = %(season)s and status in ('ready', 'inprogress')
    ) as open_units
