-- The version of Airflow's tables, by Alembic.
select version_num from alembic_version
