-- The publication time of the latest scene read, by season, platform and kind.
select published
from catalogue_watermark
where platform = %(platform)s and season = %(season)s and kind = %(kind)s
