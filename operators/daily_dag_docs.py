"""The page that Airflow shows about the DAG of a day of observation, to be filled in by card."""

from __future__ import annotations

DAILY_DAG = """{product} of one day of observation, from the catalogue to five-day means.

## What it does

The run of logical date D handles what the satellites saw on day D (UTC). It is started at D 00:00,
waits through the day until the expected scenes are listed or their deadline has passed, gets their
products ready, extracts the statistics of every parcel of every open season, averages the five-day
windows that they touch, and closes the day. A day without scenes, or outside all seasons, ends
after its first task. Days can be run again, and backfilled:

    airflow backfill create --dag-id cbm_{card} --from-date 2018-04-01 --to-date 2018-09-30

## Upstream

The platform's catalogue and product store; parcels, loaded by `cbm_parcels`.

## Downstream

Assets `cbm://signatures/{card}` and `cbm://means`; the latter starts `cbm_outliers`. `cbm_gaps`
takes up what a day has left open.

## Params

- `day`: day of observation, instead of that of the logical date.

## When it fails

A late pass or a product that cannot be used does not fail a run: it is in the ledger with its
reason, and `cbm_gaps` mails it and tries again. So a red task is a defect or a service that stayed
away through all retries; the mail carries the error. Put the cause right, then clear the task:
everything may run twice.
`await_acquisitions`: no platform's catalogue answers, or the database does not.
`extract`, `five_day_means`: database full or unreachable.
A store that does not answer fails nothing: its products wait, and the digest names it.
"""
