-- Keys with which programs ask the window. The key itself is stored nowhere.
create table api_key (
    id integer generated always as identity primary key,
    hash bytea not null unique check (octet_length(hash) = 32),     -- SHA-256 of the key
    user_id text not null check (user_id <> ''),                    -- as the host knows its user
    user_name text not null check (user_name <> ''),
    label text not null check (label <> ''),
    rights text[] not null
        check (rights <@ array['read', 'decide', 'operate'] and 'read' = any(rights)),
    seasons text[],                         -- names of the only seasons it opens; null: its user's
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    last_used_at timestamptz,               -- to the minute
    revoked_at timestamptz,
    check (expires_at > created_at)
);
comment on table api_key is 'Keys with which programs ask the window; rows are never deleted';
create index api_key_user on api_key (user_id, id);
