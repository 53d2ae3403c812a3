"""The window: where an inspector sees, understands and decides; a FastAPI application.

It reads what the stages have stored and knows nothing of Airflow: a :class:`~.host.Host` tells it
who asks and where the database is.
"""
