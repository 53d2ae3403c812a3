-- Passes over one parcel that left no evidence: gaps of its tile, and of its block where it is known.
select
    gap.id as gap, gap.card, gap.satellite, gap.rel_orbit, gap.direction, gap.expected_at, gap.cause,
    gap.evidence, gap.state, gap.obsid, scene.reference as product
from gap
left join dias_catalogue as scene on scene.id = gap.obsid
where gap.season = %(season)s
    and gap.tile = %(tile)s
    and (gap.blocks is null or gap.blocks = '{}' or %(blk)s = any(gap.blocks))
    and gap.state <> 'recovered'
order by gap.expected_at, gap.id
