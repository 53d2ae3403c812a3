-- Five-day means for the features, block by block: radar by orbit direction, optical over all.
-- One band of each card and direction stands for its observations.
with counted as (
    select card, direction, max(band) as band
    from five_day_mean_block
    where season = %(season)s
    group by card, direction
)

select
    means.blk, means.card, means.band, means.direction, means.period,
    array_bytes(means.mean) as mean,
    case when counted.band is not null then array_bytes(means.n) end as n
from five_day_mean_block as means
left join counted using (card, direction, band)
where means.season = %(season)s
  and means.direction = any (case when means.card = 's2' then array['*'] else array['A', 'D'] end)
order by means.blk
