-- Bands of which a season has signatures.
select distinct card, band
from signature_block
where season = %(season)s
order by card, band
