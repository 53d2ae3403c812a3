-- Whether a season has a parcel.
select from parcel where season = %(season)s and pid = %(pid)s
