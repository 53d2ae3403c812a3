-- Delete a season's watermarks, so that its catalogues are read from the beginning again.
delete from catalogue_watermark
where season = %(season)s
