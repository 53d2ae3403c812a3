-- Wait for an advisory lock with two keys; the end of the transaction releases it.
select pg_advisory_xact_lock(%(lock)s::integer, %(key)s::integer)
