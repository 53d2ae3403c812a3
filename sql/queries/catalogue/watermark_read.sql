-- Until when the publications of a kind have been read, on one platform.
select published
from catalogue_watermark
where platform = %(platform)s and season = %(season)s and kind = %(kind)s
