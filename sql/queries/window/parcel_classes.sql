-- One parcel's pixels by class of the scene classification, in each observation of Sentinel-2.
select
    obsid,
    json_object_agg(class, count[%(pos)s]::integer order by class) as classes
from histogram_block
where season = %(season)s and blk = %(blk)s and count[%(pos)s] > 0 and count[%(pos)s] <> 'NaN'
group by obsid
