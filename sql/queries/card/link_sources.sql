-- Record the acquisitions that a CARD product is made from.
insert into card_source (card_id, source_id, role)
values (%(card)s, %(source)s, %(role)s)
on conflict do nothing
