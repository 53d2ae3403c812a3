-- Parcels of a list by status.
select status, count(*)::integer as parcels from outlier where run = %(run)s group by status
