"""CAP checks by monitoring: everything the system knows. This package never imports Airflow."""

__version__ = "0.1.0"
