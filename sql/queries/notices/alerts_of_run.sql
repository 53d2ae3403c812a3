-- Failures of a run's tasks that were recorded since the run began.
select task
from alert
where starts_with(task, %(run)s)
    and created_at >= %(began)s
