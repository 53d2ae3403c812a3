-- Which of these roles there are, and whether one is a superuser.
select rolname as name, rolsuper as super
from pg_roles
where rolname = any(%(names)s)
