-- Alerts that the mail server refused too often.
select task, subject, attempts, error from alert where set_aside_at is not null order by created_at, task
