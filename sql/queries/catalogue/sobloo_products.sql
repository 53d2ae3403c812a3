-- Products of a configured selection, over an area; the table holds latitude first, so both sides are flipped.
select listed.*, st_asbinary(st_flipcoordinates(listed.geometry)) as outline
from ({}) as listed
where
    listed.start >= %(start)s and listed.start < %(end)s
    and (%(area)s::bytea is null or listed.geometry is null or st_intersects(
        st_setsrid(st_flipcoordinates(listed.geometry), 4326),
        st_geomfromwkb(%(area)s, 4326)
    ))
order by listed.start, listed.product_id
