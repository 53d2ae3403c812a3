"""The chain: a day of observation, the recheck of what is missing, orders, and a whole season.

Begin with ``day.py``, which is the README's picture from the catalogue to five-day means. Airflow
makes a task of each step; ``season.py`` takes the same steps day after day without Airflow.
"""
