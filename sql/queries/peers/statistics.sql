-- One statistic of one band in a time, block by block; a superseded scene does not count.
select
    signature.blk,
    array_bytes(
        case %(statistic)s
            when 'mean' then signature.mean
            when 'min' then signature.min
            when 'max' then signature.max
            when 'p25' then signature.p25
            when 'p50' then signature.p50
            when 'p75' then signature.p75
        end
    ) as found
from dias_catalogue as scene
join signature_block as signature
    on signature.season = %(season)s and signature.card = %(card)s and signature.obsid = scene.id
where
    scene.card = %(card)s
    and scene.status <> 'superseded'
    and scene.obstime >= %(start)s
    and scene.obstime < %(end)s
    and signature.band = %(band)s
order by signature.blk, scene.id
