-- CPU seconds of the products of some CARD families that were made in this installation, by engine.
select
    engine ->> 'engine' as engine,
    count(*) as products,
    avg((engine ->> 'cpu_seconds')::double precision) as seconds
from dias_catalogue
where platform = %(made)s and card = any(%(cards)s) and engine ->> 'cpu_seconds' is not null
group by 1
order by 1
