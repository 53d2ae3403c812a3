-- Records per card, as the extractions counted them.
select scene.card, sum(extraction.records)::bigint as records
from extraction_in_force as extraction
join dias_catalogue as scene on scene.id = extraction.obsid
where extraction.season = %(season)s and extraction.status = 'extracted' and scene.card = any(%(cards)s)
group by scene.card
order by scene.card
