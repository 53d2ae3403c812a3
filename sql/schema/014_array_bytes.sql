-- An array as it lies in memory, for clients that read millions of numbers: array_send() calls a
-- function for every element. The bytes are the server's own format, of a header (dimensions, offset
-- of the elements if any is null, type, length, lower bound; int32 each) and the elements.
-- Functions of language internal take a superuser, as PostGIS does; for anybody else it is
-- array_send(), whose format readers tell apart by its size. The cost keeps the bytes out of sorts.
do $$
begin
    create function array_bytes(anyarray) returns bytea
    language internal immutable strict parallel safe cost 20 as 'byteasend';
exception when insufficient_privilege then
    create function array_bytes(anyarray) returns bytea
    language sql immutable strict parallel safe cost 20 as 'select array_send($1)';
end
$$;
comment on function array_bytes(anyarray) is 'An array as bytes for fast readers: see sql/schema/014_array_bytes.sql';
