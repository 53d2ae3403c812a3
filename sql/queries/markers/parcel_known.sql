-- Whether a season has a parcel.
select pid from parcel where season = %(season)s and pid = %(pid)s
