-- One model of a run.
insert into outlier_model (run, name, content)
values (%(run)s, %(name)s, %(content)s)
