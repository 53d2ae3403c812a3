"""The private Airflow of these tests; importing it sets its environment."""

from airflow_environment import airflow_database, dagbag, mailbox

__all__ = ["airflow_database", "dagbag", "mailbox"]
