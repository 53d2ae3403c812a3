-- The items of a quality sample after all replacements, with the latest finding on each.
with item as (
    select bucket, pid, holding, order_added
    from quality_item
    where sample = %(sample)s

    union all

    select bucket, replaced_by, null, null
    from quality_finding
    where sample = %(sample)s and replaced_by is not null
)

select
    item.pid, 'quality' as kind, item.bucket as scheme, parcel.crop,
    coalesce(item.holding, parcel.attributes ->> %(holding)s::text) as holding, slot.tile,
    parcel.area_m2 / 10000 as area_ha, item.order_added as rank, null as predicted,
    null::real as wrong, false as calibrated,
    (
        select latest.finding
        from quality_finding as latest
        where latest.sample = %(sample)s and latest.bucket = item.bucket and latest.pid = item.pid
        order by latest.id desc
        limit 1
    ) as finding
from item
left join parcel on parcel.season = %(season)s and parcel.pid = item.pid
left join parcel_slot as slot on slot.season = %(season)s and slot.pid = item.pid
where not exists (
    select from quality_finding as gone
    where gone.sample = %(sample)s
        and gone.bucket = item.bucket
        and gone.pid = item.pid
        and gone.replaced_by is not null
)
order by item.order_added nulls last, item.bucket, item.pid
