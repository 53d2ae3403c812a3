"""Pages inside Airflow's own interface."""
