-- Number of parcels of a season, from its blocks.
select coalesce(sum(parcels), 0)::integer as parcels from parcel_block where season = %(season)s
