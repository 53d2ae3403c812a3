-- Five-day means of the seasons that there are get their numbers of observations compressed too, see
-- 037. Stored rows stay as they are.
do $$
declare
    leaf record;
begin
    for leaf in
        select relid::regclass::text as name from pg_partition_tree('five_day_mean_block')
        where level > 0
    loop
        call compress_observations(leaf.name);
    end loop;
end $$;
