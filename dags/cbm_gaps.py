"""The daily recheck of gaps, and the digest mail.

## What it does

Compares the passes expected in every season with what has been extracted. Asks the platforms again
about every gap that is due, and for products that were published or reprocessed after their day was
closed. Runs what it finds through the same tasks as a day of observation. Mails one digest per
season: what is missing and why, when it is tried next, what was recovered. The same news is never
mailed twice.

## Upstream

The ledger, written by `cbm_bs`, `cbm_c6`, `cbm_c12` and `cbm_s2`; the platforms' catalogues and
stores.

## Downstream

Table `gap`; the digest mail, sent to the setting `mail.to`; assets `cbm://signatures/...` and
`cbm://means` when a gap was filled.

## Params

- `everything`: ask about every open gap now, not only those that are due.
- `season`: only this season; `acquisition`: only the pass of this scene, given by its id.

## When it fails

The digest is sent even if a task before it fails; the run is still marked as failed.

- `recheck_gaps`: the database is unreachable. A platform that does not answer fails no task: its
  work waits, and the digest names it.
- `send_digest`: check the connection `cbm_smtp`.

Fix the cause and clear the task, or wait for tomorrow's run, which does everything again.
"""

from __future__ import annotations

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Param, TriggerRule, dag

from dias_cbm_airflow.operators import defaults
from dias_cbm_airflow.operators.names import CARDS, Tag, tags
from dias_cbm_airflow.operators.processing import signatures
from dias_cbm_airflow.operators.tasks.recheck_gaps import recheck_gaps
from dias_cbm_airflow.operators.tasks.send_digest import send_digest


@dag(
    dag_id="cbm_gaps",
    description="Recheck what is missing, and mail the digest",
    doc_md=__doc__,
    schedule=defaults.every_day(6),
    params={
        "everything": Param(
            False, type="boolean", description="Ask about every open gap, due or not."
        ),
        "season": Param(None, type=["null", "string"], description="Only this season."),
        "acquisition": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            description="Only gaps of the pass of this scene, whether due or not.",
        ),
    },
    max_active_runs=1,
    tags=tags(Tag.GAPS),
    **defaults.DAG,
)
def cbm_gaps() -> None:
    """Wire the tasks."""
    last = signatures(recheck_gaps(), cards=CARDS)
    last >> send_digest()
    # The digest goes out even after a failure; this last task then marks the run as failed.
    last >> EmptyOperator(task_id="work_done", trigger_rule=TriggerRule.NONE_FAILED)


cbm_gaps()
