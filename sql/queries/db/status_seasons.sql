-- Seasons and the size of their parcels.
select
    season.name,
    coalesce(sum(block.parcels), 0)::integer as parcels,
    count(distinct block.tile) as tiles,
    count(block.blk) as blocks
from season
left join parcel_block as block on block.season = season.id
group by season.id
order by season.starts, season.name
