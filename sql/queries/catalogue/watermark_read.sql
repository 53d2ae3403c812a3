select published
from catalogue_watermark
where platform = %(platform)s and season = %(season)s and kind = %(kind)s
