-- Sentences of verdicts are compressed by lz4 where the server can: the default takes a fifth of the
-- time of judging a season. Stored rows stay as they are.
do $$
begin
    if exists (
        select from pg_settings where name = 'default_toast_compression' and 'lz4' = any(enumvals)
    ) then
        alter table verdict_block alter column sentences set compression lz4;
    end if;
end
$$;
