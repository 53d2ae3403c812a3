-- Acquisitions of a window out of which there is no CARD product yet, nor one to be made; a listed
-- one that never became ready does not count. What the platform has put offline counts only where it
-- is asked to make the product itself.
select
    source.id, source.reference, source.obstime, source.endtime, source.sensor, source.rel_orbit,
    source.abs_orbit, source.direction, source.datatake, source.slice, source.tile, source.timeliness,
    st_asbinary(source.footprint) as footprint
from dias_catalogue as source
where source.kind = %(source)s
    and source.obstime >= %(start)s and source.obstime < %(end)s
    and source.obstime < %(before)s
    and source.status <> 'superseded'
    and (source.online is distinct from false or %(offline)s)
    and source.footprint is not null
    and not exists (
        select from card_source as link
        join dias_catalogue as card on card.id = link.card_id
        where link.source_id = source.id
            and link.role = 'reference'
            and card.card = %(card)s
            and card.superseded_by is null
            and (card.platform = %(made)s or card.status <> 'failed' or card.engine is not null)
    )
order by source.obstime, source.id
