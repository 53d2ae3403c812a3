-- Mails about tasks that have failed for good: one each, kept until the mail server has taken it.
create table alert (
    task text primary key,                  -- DAG, run, task, map index and try: what it is about
    subject text not null,
    text_form text not null,
    html_form text not null,
    created_at timestamptz not null default now(),
    claimed_at timestamptz,                 -- a sender is at work on it; runs out after the lease
    sent_at timestamptz
);
comment on table alert is 'Mails about failed tasks; see dias_cbm.notices.alerts';
create index alert_unsent on alert (created_at) where sent_at is null;
