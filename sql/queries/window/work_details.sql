-- What a page of the work list shows of its items beside the list itself, in the order asked for.
select
    asked.number, st_x(parcel.centre) as longitude, st_y(parcel.centre) as latitude,
    outlier.probability, outlier.plausible, outlier.observations, outlier.longest_gap_days,
    coalesce(
        case when asked.kind = 'outlier' then explanation.sentence end,
        (string_to_array(block.sentences, E'\n', ''))[slot.pos]
    ) as sentence,
    case when asked.kind = 'outlier' then explanation.remark end as remark
from unnest(%(pids)s::text[], %(kinds)s::text[], %(schemes)s::text[])
    with ordinality as asked (pid, kind, scheme, number)
left join parcel on parcel.season = %(season)s and parcel.pid = asked.pid
left join parcel_slot as slot on slot.season = %(season)s and slot.pid = asked.pid
left join outlier on outlier.run = %(outlier_run)s and outlier.pid = asked.pid
left join outlier_explanation as explanation
    on explanation.run = %(outlier_run)s and explanation.pid = asked.pid
left join verdict_block as block
    on block.run = %(scheme_run)s and block.blk = slot.blk and block.scheme = asked.scheme
order by asked.number
