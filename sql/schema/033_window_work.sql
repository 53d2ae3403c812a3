-- What people do in the window: who decided, photos, repeated requests, decisions taken back; and
-- who works on which parcel.
alter table decision
    add column user_id text check (user_id <> ''),   -- as the window's host knows the user; null: a file or a command
    add column photo text check (photo <> ''),       -- reference to a photo: an address or a name
    add column request text check (request <> ''),   -- key of the request: sent again, it adds nothing
    add column withdraws bigint;                     -- the decision that this row takes back
comment on column decision.withdraws is
    'The decision that this row takes back; the finding is a copy of that one''s, and says nothing of the parcel';
create unique index decision_request on decision (season, user_id, request) where request is not null;
create index decision_season on decision (season, id);
create unique index decision_withdrawn on decision (withdraws) where withdraws is not null;

create or replace view decision_in_force as
select distinct on (season, pid) *
from decision
where
    withdraws is null
    and not exists (select from decision as later where later.withdraws = decision.id)
order by season, pid, made_at desc, id desc;
comment on view decision_in_force is 'The latest decision on each parcel that was not taken back';

alter table quality_finding
    add column user_id text check (user_id <> ''),
    add column photo text check (photo <> ''),
    add column request text check (request <> '');
create unique index quality_finding_request on quality_finding (sample, user_id, request)
where request is not null;

-- Rows are only ever added; the latest of a parcel is in force.
create table work_assignment (
    id bigint generated always as identity primary key,
    season smallint not null references season,
    pid text not null,                               -- without a reference: parcels may be replaced
    assignee text check (assignee <> ''),            -- null: nobody any more
    assigned_by text not null check (assigned_by <> ''),
    user_id text not null check (user_id <> ''),     -- of who assigned
    made_at timestamptz not null default clock_timestamp()
);
comment on table work_assignment is 'Who works on which parcel of the work list; rows are only ever added';
create index work_assignment_latest on work_assignment (season, pid, id desc);
create index work_assignment_season on work_assignment (season, id);

create view work_assignment_in_force as
select distinct on (season, pid) season, pid, assignee, assigned_by, made_at
from work_assignment
order by season, pid, id desc;
comment on view work_assignment_in_force is 'The latest assignment of each parcel; assignee null: nobody';
