-- Parcel means of one window, a row per block and band with all its observations: fewer rows to send.
-- A superseded scene does not count; whatever else has signatures does: they are only ever there
-- whole. A parcel without a valid pixel has no mean, so that its count need not be read. The order
-- within a block keeps sums the same from run to run.
select blk, band, array_agg(direction) as directions, array_agg(array_bytes(mean)) as means
from (
    select signature.blk, signature.band, scene.direction, signature.mean
    from dias_catalogue as scene
    join signature_block as signature
        on signature.season = %(season)s and signature.card = %(card)s and signature.obsid = scene.id
    where
        scene.card = %(card)s
        and scene.status <> 'superseded'
        and scene.obstime >= %(start)s
        and scene.obstime < %(end)s
        and (%(blocks)s::integer[] is null or signature.blk = any(%(blocks)s))
    order by signature.blk, signature.band, scene.id
) as observation
group by blk, band
order by blk, band
