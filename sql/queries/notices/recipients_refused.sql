-- Recipients that the mail server refuses.
select recipient, error, since from refused_recipient order by recipient
