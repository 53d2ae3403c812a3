-- A season's catalogues are read from the beginning again.
delete from catalogue_watermark
where season = %(season)s
