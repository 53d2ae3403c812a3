-- Whether this database keeps verdicts of rules.
select to_regclass('verdict') is not null as has_verdicts
