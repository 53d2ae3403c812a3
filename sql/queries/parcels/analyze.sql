-- Collect statistics of parcels, as the owner of the tables.
select analyze_parcels()
