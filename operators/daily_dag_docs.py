"""Template of the page that Airflow shows about a daily DAG; card and product are filled in."""

from __future__ import annotations

DAILY_DAG = """{product} of one day of observation, from the catalogue to five-day means.

## What it does

The run of logical date D processes what the satellites saw on day D (UTC). It starts at D 00:00 and
waits until the expected scenes are listed or their deadline has passed. Then it prepares their
products, extracts the statistics of every parcel of every open season, averages the five-day
windows concerned, and closes the day. A day without scenes, or outside all seasons, ends after its
first task. Days can be run again and backfilled:

    airflow backfill create --dag-id cbm_{card} --from-date 2018-04-01 --to-date 2018-09-30

## Upstream

The platform's catalogue and product store; parcels, loaded by `cbm_parcels`.

## Downstream

Assets `cbm://signatures/{card}` and `cbm://means`; the latter starts `cbm_outliers` and
`cbm_markers`. `cbm_gaps` retries what a day has left open.

## Params

- `day`: day of observation to process instead of the logical date.
- `season`: look for, and close, this season alone.
- `acquisition`: id of any scene of the only pass to process; `product`: id of the only product, in
  all its versions. Nothing else of the day is waited for.

## When it fails

A late pass or an unusable product does not fail a run: the ledger records it with its reason, and
`cbm_gaps` reports it by mail and tries again. A red task is therefore a defect, or a service that
was down through all retries; the mail contains the error. Fix the cause, then clear the task:
every task can safely run twice.

- `await_acquisitions`: no platform's catalogue answers, or the database does not.
- `extract`, `five_day_means`: the database is full or unreachable.

A store that does not answer fails no task: its products wait, and the digest names the store.
"""
