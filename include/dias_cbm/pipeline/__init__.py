"""The processing chain: a day of observation, rechecks, orders, and a whole season.

Begin with ``day.py``, which runs from the catalogue to five-day means as in the README's picture.
In Airflow each step is a task; ``season.py`` runs the same steps day after day without Airflow.
"""
