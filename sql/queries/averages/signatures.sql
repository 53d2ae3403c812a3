-- Parcel means of one window, block by block. A superseded scene does not count; whatever else has
-- signatures does: they are only ever there whole. A parcel without a valid pixel has no mean, so
-- that its count need not be read.
select signature.blk, signature.band, scene.direction, array_bytes(signature.mean) as mean
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
