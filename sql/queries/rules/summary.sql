-- Parcels of a run by scheme, colour and reason.
select
    block.scheme,
    (enum_range(null::verdict_colour))[one.colour]::text as colour,
    (enum_range(null::verdict_reason))[one.reason]::text as reason,
    count(*) as parcels
from verdict_block as block
cross join lateral unnest(block.colour, block.reason) as one (colour, reason)
where block.run = %(run)s and one.colour <> 0
group by block.scheme, one.colour, one.reason
order by block.scheme, one.colour, one.reason
