-- Collect statistics of outlines, as the owner of the table.
select analyze_outlines()
