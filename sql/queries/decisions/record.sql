-- Add a decision, with what the list said of the parcel. One that is known already is not added: the
-- same line of a file, or the same words of a file about the same moment.
with list as (
    select coalesce(
        %(run)s::integer, (select max(id) from outlier_run where season = %(season)s)
    ) as run
)

insert into decision (
    season, pid, run, finding, true_crop, decided_by, made_at, note, source, file_hash, file_line,
    user_id, photo, request, withdraws,
    declared, status, rank, ranked, swap_odds, rank_odds, area_ha
)
select
    %(season)s, %(pid)s, listed.run, %(finding)s, %(true_crop)s, %(by)s,
    coalesce(%(made_at)s::timestamptz, clock_timestamp()), %(note)s, %(source)s,
    %(file_hash)s, %(file_line)s,
    %(user_id)s, %(photo)s, %(request)s, %(withdraws)s,
    case when listed.run is null then parcel.crop else listed.declared end,
    listed.status, listed.rank,
    case
        when listed.rank is not null
            then (select max(ranked.rank) from outlier as ranked where ranked.run = listed.run)
    end,
    listed.swap_odds, listed.rank_odds, parcel.area_m2 / 10000
from list
left join outlier as listed
    on listed.run = list.run and listed.season = %(season)s and listed.pid = %(pid)s
left join parcel on parcel.season = %(season)s and parcel.pid = %(pid)s
where %(file_hash)s::text is null
   or not exists (
       select from decision as known
       where known.season = %(season)s
         and known.pid = %(pid)s
         and known.source = 'file'
         and known.made_at = %(made_at)s::timestamptz
         and (%(run)s::integer is null or known.run = %(run)s)
         and (known.finding, known.true_crop, known.decided_by, known.note)
             is not distinct from (%(finding)s, %(true_crop)s::text, %(by)s, %(note)s::text)
   )
on conflict (season, file_hash, file_line) do nothing
returning id
