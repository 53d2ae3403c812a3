-- Wait for an advisory lock of two keys; the transaction's end gives it back.
select pg_advisory_xact_lock(%(lock)s::integer, %(key)s::integer)
