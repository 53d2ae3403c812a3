-- Parcels that a person has to look at: outliers of the newest run by rank, then those with a red,
-- then those with a yellow verdict of the newest run of rules; and how many there are in all.
with number as (
    select
        array_position(enum_range(null::verdict_colour), 'red') as red,
        array_position(enum_range(null::verdict_colour), 'yellow') as yellow
),

doubted as (
    select pid, 1 as urgency, rank
    from latest_outliers
    where season = %(season)s and status = 'outlier'
    union all
    -- Of the blocks, and not of the view: the sentences of a country need not be taken apart.
    select slot.pid, case one.colour when number.red then 2 else 3 end as urgency, null as rank
    from verdict_block as block
    cross join lateral unnest(block.colour) with ordinality as one (colour, pos)
    cross join number
    join parcel_slot as slot
        on slot.season = block.season and slot.blk = block.blk and slot.pos = one.pos
    where block.run = (select max(id) from scheme_run where season = %(season)s)
        and one.colour in (number.red, number.yellow)
),

chosen as (
    select pid, min(urgency) as urgency, min(rank) as rank
    from doubted
    where %(pids)s::text[] is null or pid = any(%(pids)s)
    group by pid
)

select chosen.pid, parcel.crop, parcel.area_m2, count(*) over () as total
from chosen
join parcel on parcel.season = %(season)s and parcel.pid = chosen.pid
order by chosen.urgency, chosen.rank nulls last, chosen.pid
limit %(limit)s
