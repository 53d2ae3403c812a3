"""A task waits for a silent platform as long as it has tries."""

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowException

from dias_cbm_airflow.operators.outage_retry import wait_for_platforms


@pytest.mark.parametrize(
    ("outcomes", "try_number", "waits"),
    [
        (["ready", "paused"], 1, True),
        (["ready", "paused"], 4, True),
        (["paused"], 5, False),  # the last one: the rest is left to the gaps
        (["ready", "failed"], 1, False),
        ([], 1, False),
    ],
)
def test_waits(outcomes: list[str], try_number: int, waits: bool) -> None:
    context = {"ti": SimpleNamespace(try_number=try_number, max_tries=4)}
    if waits:
        with pytest.raises(AirflowException, match="does not answer, or the database has no room"):
            wait_for_platforms(context, outcomes)
    else:
        wait_for_platforms(context, outcomes)
