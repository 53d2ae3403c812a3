"""The DAG that handles a day of observation of one CARD product; there is one per card."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG

from dias_cbm_airflow.operators import defaults
from dias_cbm_airflow.operators.daily_dag_docs import DAILY_DAG
from dias_cbm_airflow.operators.names import Tag, tags
from dias_cbm_airflow.operators.processing import signatures
from dias_cbm_airflow.operators.run_day import params
from dias_cbm_airflow.operators.sensors.await_acquisitions import AwaitAcquisitions
from dias_cbm_airflow.operators.tasks.close_day import close_day


def day_of_observation(card: str, product: str, sensor: Tag) -> Any:
    """The DAG ``cbm_CARD``.

    :param card: ``bs``, ``c6``, ``c12`` or ``s2``.
    :param product: name of the product in the UI.
    :param sensor: the tag of its satellites.
    """
    with DAG(
        dag_id=f"cbm_{card}",
        description=f"{product} of one day of observation",
        doc_md=DAILY_DAG.format(card=card, product=product),
        schedule=defaults.every_day(),
        params=params(),
        max_active_runs=defaults.ACTIVE_DAYS,
        tags=tags(Tag.SIGNATURES, sensor),
        **defaults.DAG,
    ) as dag:
        acquisitions = AwaitAcquisitions(task_id="await_acquisitions", card=card)
        signatures(acquisitions.output, cards=[card]) >> close_day(card)
    return dag
