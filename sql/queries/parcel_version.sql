-- The last load of a season's parcels; null for parcels that no load brought.
select (
    select version from parcel_load where season = %(season)s order by id desc limit 1
)::text as version
