"""Hooks: Airflow's connections to catalogues and stores."""
