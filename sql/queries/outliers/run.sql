-- One run of the outlier step, unless the parcels were loaded anew since they were read.
insert into outlier_run (
    season, model, features, labels, report, means, code, options, environment, parcels
)
select
    %(season)s, %(model)s, %(features)s, %(labels)s, %(report)s, %(means)s, %(code)s, %(options)s,
    %(environment)s, %(parcels)s::uuid
where %(parcels)s::uuid is not distinct from (
    select version
    from parcel_load
    where season = %(season)s
    order by id desc
    limit 1
)
returning id
