-- What many machines need of one another: leases, and the identity of a folder that they share.
create table lease (
    name text primary key,
    holder text not null,                   -- machine and process, for people
    token uuid not null,                    -- of this holding of it: one that comes late has another
    taken_at timestamptz not null default now(),
    renewed_at timestamptz not null default now()
);
comment on table lease is 'Who does what only one may do at a time; a holder that does not renew it loses it';

create table shared_folder (
    name text primary key,                  -- the platform whose store it is
    marker uuid not null,                   -- written into the folder at its first use
    marked_by text not null,
    marked_at timestamptz not null default now()
);
comment on table shared_folder is 'Folders that all machines must see; the file of the folder''s marker proves it';
