-- Let one at a time record findings: two must not choose the same replacement.
select id from quality_sample where id = %(sample)s for no key update
