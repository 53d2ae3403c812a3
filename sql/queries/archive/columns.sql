-- The columns of a table, in their order.
select attname
from pg_attribute
where attrelid = quote_ident(%(name)s)::regclass and attnum > 0 and not attisdropped
order by attnum
