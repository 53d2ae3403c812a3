-- Tables, views, sequences, types and functions of ours that a role does not own yet.
with of_extension as (
    select classid, objid from pg_depend where deptype = 'e'
)

select
    case class.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end as kind,
    format('%%I.%%I', space.nspname, class.relname) as name
from pg_class as class
join pg_namespace as space on space.oid = class.relnamespace
where
    space.nspname = 'public'
    and class.relkind in ('r', 'p', 'v', 'S')
    and class.relowner <> %(owner)s::regrole
    and (select count(*) from of_extension where classid = 'pg_class'::regclass and objid = class.oid) = 0
    -- A sequence of a column goes with its table.
    and not exists (
        select from pg_depend
        where classid = 'pg_class'::regclass and objid = class.oid and deptype in ('a', 'i') and class.relkind = 'S'
    )
union all
select
    'type' as kind,
    format('%%I.%%I', space.nspname, type.typname) as name
from pg_type as type
join pg_namespace as space on space.oid = type.typnamespace
where
    space.nspname = 'public'
    and type.typtype in ('e', 'd')
    and type.typowner <> %(owner)s::regrole
    and (select count(*) from of_extension where classid = 'pg_type'::regclass and objid = type.oid) = 0
union all
select
    'routine' as kind,
    routine.oid::regprocedure::text as name
from pg_proc as routine
join pg_namespace as space on space.oid = routine.pronamespace
where
    space.nspname = 'public'
    and routine.proowner <> %(owner)s::regrole
    and (select count(*) from of_extension where classid = 'pg_proc'::regclass and objid = routine.oid) = 0
order by kind, name
