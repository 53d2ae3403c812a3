from __future__ import annotations

from email.message import EmailMessage

from dias_cbm_airflow.operators import mail


def test_a_mail_has_a_plain_and_an_html_form(mailbox: list[EmailMessage]) -> None:
    mail.send(
        "a@example.org, b@example.org",
        "2 gaps · dk-2018",
        "über 2",
        "<p>über <b>2</b></p>",
        message_id="<7f.1@cbm.invalid>",
    )
    (received,) = mailbox
    assert received["Subject"] == "2 gaps · dk-2018"
    assert received["From"] == "cbm@example.org"
    assert received["To"] == "a@example.org, b@example.org"
    assert received["Date"]
    assert received["Message-ID"] == "<7f.1@cbm.invalid>"
    plain, html = received.get_body(("plain",)), received.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == "über 2"
    assert html.get_content().strip() == "<p>über <b>2</b></p>"


def test_a_picture_is_part_of_the_html_form(mailbox: list[EmailMessage]) -> None:
    html = '<img src="cid:calendar@x" alt="in words">'
    mail.send(
        "a@example.org",
        "s",
        "text",
        html,
        message_id="<7f.2@x>",
        pictures={"calendar@x": b"\x89PNG1"},
    )
    (received,) = mailbox
    plain, shown = received.get_body(("plain",)), received.get_body(("html",))
    assert plain is not None
    assert plain.get_content().strip() == "text"
    assert shown is not None
    assert shown.get_content().strip() == html
    assert received.get_content_type() == "multipart/alternative"
    (picture,) = [part for part in received.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<calendar@x>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_filename() == "calendar.png"
    assert picture.get_payload(decode=True) == b"\x89PNG1"
    assert list(received.iter_attachments()) == [], "inline, not attached"


def test_a_line_feed_in_a_subject_does_not_break_it(mailbox: list[EmailMessage]) -> None:
    mail.send("a@example.org", "FAILED\r\nBcc: x@y", "t", "<p>t</p>", message_id="<7f.3@x>")
    assert mailbox[0]["Subject"] == "FAILED Bcc: x@y"
    assert mailbox[0]["Bcc"] is None
