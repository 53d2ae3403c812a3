-- One run of the outlier step.
insert into outlier_run (season, model, features, labels, report)
values (%(season)s, %(model)s, %(features)s, %(labels)s, %(report)s)
returning id
