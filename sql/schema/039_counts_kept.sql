-- What a unit of extraction wrote, counted as it was written, in the same transaction: the proof that
-- a season is finished compares it with the blocks. Units of before have none, and are read whole.
alter table extraction
    add column block_records integer[],
    add column valued integer,
    add column blank integer,
    add column outside integer;
comment on column extraction.block_records is
    'Records (parcels with count > 0) of each row of signature_block, in order of blk and band';
comment on column extraction.valued is 'Parcels with a value in the first band of their block';
comment on column extraction.blank is 'The same without a valid pixel';
comment on column extraction.outside is 'The same outside of the product';
