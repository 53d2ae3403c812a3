-- Bytes per table, keys and TOAST included; partitions count for their table.
select
    coalesce(pg_partition_root(class.oid), class.oid)::regclass::text as table,
    sum(pg_total_relation_size(class.oid))::bigint as size
from pg_class as class
where class.relnamespace = 'public'::regnamespace and class.relkind = 'r'
group by 1
order by size desc, 1
