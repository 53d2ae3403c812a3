-- Whether a season's records are detached from the tables that all seasons share.
select coalesce(bool_or(not leaf.relispartition), false) as detached
from unnest(array['signature_block', 'histogram_block', 'five_day_mean_block']) as parent (name)
join pg_class as leaf on leaf.oid = to_regclass(quote_ident(parent.name || '_' || %(season)s))
