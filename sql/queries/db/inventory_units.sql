-- Units of extraction by season and status, with the records they wrote.
select season.name as season, extraction.status, count(*) as units,
    coalesce(sum(extraction.records), 0)::bigint as records
from extraction
join season on season.id = extraction.season
group by season.name, extraction.status
order by season.name, extraction.status
