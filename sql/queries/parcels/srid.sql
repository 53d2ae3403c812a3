-- The EPSG code of the parcels of a season.
select srid from season where id = %(season)s
