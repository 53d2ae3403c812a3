-- Wait for an advisory lock that a name stands for; the end of the transaction releases it.
select pg_advisory_xact_lock(hashtextextended(%(name)s, 0))
