-- A product whose orbit files exist, and of which none can be read, has a cause of its own: it is not
-- the product's fault, nor the engine's, and a file that is fetched again cures it.
alter type failure_cause add value 'orbit_unreadable' after 'card_failed';

-- A product that is on the list of those known to be bad, and the only one of its acquisition.
alter type failure_cause add value 'known_bad' after 'orbit_unreadable';
