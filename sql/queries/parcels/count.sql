-- How many parcels a season has.
select count(*) as number from parcel where season = %(season)s
