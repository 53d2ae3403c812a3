"""What Airflow finds of this system: operators, DAGs and plugin.

In the repository these are links to the folders at its top; the wheel holds the files themselves.
"""
