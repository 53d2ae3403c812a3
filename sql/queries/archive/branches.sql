-- The partitions of a season, attached or not, with their sizes.
select
    parent.name as parent,
    child.oid::regclass::text as partition,
    child.relispartition as attached,
    (
        select coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
        from pg_partition_tree(child.oid)
    ) as size
from unnest(%(tables)s::text[]) as parent (name)
join pg_class as child on child.oid = to_regclass(quote_ident(parent.name || '_' || %(season)s))
order by parent.name
