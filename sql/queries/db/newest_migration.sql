-- The last migration that was applied.
select max(name) as newest from migration
