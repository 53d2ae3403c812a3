-- Record one alert per failure, however often it is reported.
insert into alert (task, subject, text_form, html_form)
values (%(task)s, %(subject)s, %(text)s, %(html)s)
on conflict (task) do nothing
