-- A coherence pair whose bursts begin at places too far apart: it was acquired and published, and
-- no engine can make a product of it.
alter type failure_cause add value 'unsynchronised' after 'card_failed';
