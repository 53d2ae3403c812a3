-- The cell that is nearest to a parcel on the ground; of equal ones the first by name.
select
    cell.cell, st_distance(cell.place::geography, parcel.centre::geography) as metres
from parcel
join weather_cell as cell on cell.season = parcel.season
where parcel.season = %(season)s and parcel.pid = %(pid)s
order by st_distance(cell.place::geography, parcel.centre::geography), cell.cell
limit 1
