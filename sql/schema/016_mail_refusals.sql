-- Mails that the mail server refuses: each alert counts its own tries, so that one does not hold up
-- the others, and what could not be sent is reported in the next digest.
alter table alert
    add column attempts smallint not null default 0,
    add column set_aside_at timestamptz,    -- refused too often; no longer tried
    add column error text;                  -- of the last try

create table refused_recipient (
    recipient text primary key,
    error text not null,                    -- what the mail server said
    since timestamptz not null default now(),
    last_at timestamptz not null default now()
);
comment on table refused_recipient is 'Recipients that the mail server refused while it took the mail for others';
