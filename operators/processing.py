"""The task group that turns scenes into signatures, shared by the daily DAGs and ``cbm_gaps``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import task_group

from dias_cbm_airflow.operators import assets, names
from dias_cbm_airflow.operators.tasks.extract import extract
from dias_cbm_airflow.operators.tasks.five_day_means import five_day_means
from dias_cbm_airflow.operators.tasks.make_card import MakeCard
from dias_cbm_airflow.operators.tasks.plan_extraction import plan_extraction


def signatures(scenes: Any, cards: Sequence[str]) -> Any:
    """Make the scenes' CARD products, extract them, and average the five-day windows concerned.

    :param scenes: output of the task that found them: ids in batches.
    :param cards: cards whose assets are published.
    :returns: the last task of the group.
    """
    changed = [*(assets.signatures(card) for card in cards), assets.MEANS]

    @task_group(group_id="signatures", prefix_group_id=False)
    def group() -> Any:
        products = MakeCard.partial(
            task_id="make_card",
            pool=names.CARD_POOL,
            execution_timeout=timedelta(hours=4),
            map_index_template=(
                "scene {{ task.scenes[:12] | join(', ') }}"
                "{% if task.scenes | length > 12 %} and {{ task.scenes | length - 12 }} more"
                "{% endif %}"
            ),
        ).expand(scenes=scenes)
        units = plan_extraction(scenes)
        extracted = extract.expand(units=units)
        means = five_day_means.override(outlets=changed)(scenes)
        products >> units
        extracted >> means
        return means

    return group()
