-- Mean size in bytes of the products of one CARD family that platforms have.
select avg(size)::double precision as size
from dias_catalogue
where card = %(card)s and platform <> %(made)s and size is not null
