-- Airflow's own tables have a database beside the library's.
create database cbm_airflow;
