"""Messages reach real receivers, or it is said why not; no secret is in what is said."""

from datetime import UTC, datetime

import pytest

from mediabase_assets.alerts import webhook
from mediabase_assets.alerts.condition import Condition, Kind
from mediabase_assets.alerts.ledger import Alert, News
from mediabase_assets.alerts.mail import send_mail
from mediabase_assets.alerts.message import message_of, trial_message
from mediabase_assets.alerts.receipt import UndeliveredError
from mediabase_assets.alerts.webhook import send_webhook
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.alerts.conftest import by_mail
from mediabase_assets_tests.alerts.receivers import PASSWORD, USER, Hook, free_port, running
from mediabase_assets_tests.fixtures.environment import forget_environment

NOW = datetime(2026, 11, 29, 20, tzinfo=UTC)
LOW = Alert(Condition("disk/1", Kind.DISK, "The disk of the home has 1.0 GB free.", "/srv", "Free space.", "df -h /srv"), NOW)
LATE = Alert(Condition("overdue/views/x", Kind.OVERDUE, "views/x is overdue.", "views/x", "Run refresh_views.", "mediabase ui"), NOW)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No environment of the person, and short pauses between attempts."""
    forget_environment(monkeypatch)
    monkeypatch.setattr(webhook, "PAUSES", (0.01, 0.01))


def alerts(**values):
    return load_settings(database={"host": "db.example.org"}, alerts=values).alerts


def message(*news):
    return message_of(load_settings(database={"host": "db.example.org"}), news, NOW)


def said(send, settings):
    with pytest.raises(UndeliveredError) as raised:
        send(settings, message((News.NEW, LOW)))
    return str(raised.value)


def test_a_mail_says_what_where_since_when_and_what_to_do(mail, trusted):
    receipt = send_mail(alerts(**by_mail(mail, trusted[1])), message((News.NEW, LOW), (News.OVER, Alert(LATE.condition, NOW, NOW))))
    assert receipt.answer.startswith(f"mail server localhost, port {mail.port} took the message for ops@example.org")
    (sent,) = mail.mails
    assert (sent["Subject"], sent["To"]) == ("MEDIABASE: 1 alert, 1 over", "ops@example.org, lab@example.org")
    assert sent["Auto-Submitted"] == "auto-generated"
    text = sent.get_content()
    lines = (
        "database mbase on db.example.org", "- The disk of the home has 1.0 GB free.", "  where:   /srv", "  since:   2026-11-29 20:00:00",
        "  next:    Free space.", "  command: df -h /srv", "  over:    2026-11-29",
    )  # fmt: skip
    for line in lines:
        assert line in text
    assert PASSWORD not in text
    assert mail.users == [USER]


def test_what_a_mail_server_refuses_is_said_without_the_password(mail, trusted):
    settings = by_mail(mail, trusted[1])
    text = said(send_mail, alerts(**settings | {"email_password": "wrong horse"}))
    assert "refused the log-in of alerts: 535" in text
    assert "horse" not in text
    mail.refuses = {"lab@example.org"}
    assert "took the message for some and refused lab@example.org (550 no such mailbox)" in said(send_mail, alerts(**settings))
    mail.refuses = {"lab@example.org", "ops@example.org"}
    assert "refused lab@example.org (550 no such mailbox); ops@example.org" in said(send_mail, alerts(**settings))
    del settings["ca_file"]
    assert "certificate" in said(send_mail, alerts(**settings)).lower()
    mail.stop()
    assert "refused" in said(send_mail, alerts(**settings)).lower()


def test_a_password_may_be_in_a_file(mail, trusted, tmp_path):
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    settings = by_mail(mail, trusted[1], email_password_file=str(file))
    del settings["email_password"]
    send_mail(alerts(**settings), message((News.NEW, LOW)))
    assert len(mail.mails) == 1
    for content, reason in (("", "does not hold one line"), ("a\nb", "does not hold one line"), (None, "cannot be read: No such file")):
        file.unlink() if content is None else file.write_text(content)
        with pytest.raises(ConfigurationError, match=reason):
            send_mail(alerts(**settings), message((News.NEW, LOW)))


def test_a_file_of_certificates_that_is_none_is_named(mail, trusted, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ConfigurationError, match="no certificate in PEM"):
        send_mail(alerts(**by_mail(mail, tmp_path / "ca.pem")), message((News.NEW, LOW)))
    with pytest.raises(ConfigurationError, match="No such file"):
        send_mail(alerts(**by_mail(mail, tmp_path / "gone.pem")), message((News.NEW, LOW)))


def test_a_webhook_gets_json_with_the_secret_in_a_header(hook):
    settings = alerts(webhook_url=hook.url, webhook_secret="hush", webhook_header="X-Token")
    assert send_webhook(settings, message((News.NEW, LOW), (News.STILL, LATE))).answer == "webhook localhost answered 200 thank you"
    ((headers, body),) = hook.received
    assert headers["X-Token"] == "hush"
    assert body["subject"] == "MEDIABASE: 1 alert, 1 still so"
    assert [(a["state"], a["kind"], a["where"]) for a in body["alerts"]] == [
        ("new", "disk_low", "/srv"),
        ("still", "overdue_view", "views/x"),
    ]
    assert "hush" not in str(body)


def test_a_webhook_over_tls_is_verified(trusted):
    with running(Hook(trusted[0])) as hook:
        send_webhook(alerts(webhook_url=hook.url, ca_file=str(trusted[1])), message((News.NEW, LOW)))
        assert len(hook.received) == 1
        assert "CERTIFICATE_VERIFY_FAILED" in said(send_webhook, alerts(webhook_url=hook.url))


@pytest.mark.parametrize(("form", "path"), [("slack", ("text",)), ("teams", ("attachments", 0, "content", "body", 1, "text"))])
def test_forms_of_other_receivers(hook, form, path):
    send_webhook(alerts(webhook_url=hook.url, webhook_format=form), message((News.NEW, LOW)))
    value = hook.received[0][1]
    for step in path:
        value = value[step]
    assert "The disk of the home has 1.0 GB free." in value
    assert "next:    Free space." in value


def test_a_receiver_that_is_busy_is_asked_again(hook):
    hook.answers = [503, 429]
    send_webhook(alerts(webhook_url=hook.url), message((News.NEW, LOW)))
    assert (hook.attempts, len(hook.received)) == (3, 1)


@pytest.mark.parametrize(
    ("answers", "attempts", "text"),
    [
        ([500] * 3, 3, "webhook localhost: it answered 500 not now, also after 3 attempts"),
        ([404], 1, "webhook localhost answered 404 not now"),
        ([302], 1, "webhook localhost answered 302 not now"),
    ],
)
def test_what_a_webhook_refuses_is_said_without_its_address(hook, answers, attempts, text):
    hook.answers = answers
    assert said(send_webhook, alerts(webhook_url=hook.url)) == text
    assert (hook.attempts, hook.received) == (attempts, [])


def test_a_webhook_that_is_gone():
    text = said(send_webhook, alerts(webhook_url=f"http://localhost:{free_port()}/hook/T0-secret-path"))
    assert text == "webhook localhost: Connection refused, also after 3 attempts"


def test_the_trial_says_that_nothing_is_wrong(hook):
    send_webhook(alerts(webhook_url=hook.url), trial_message(load_settings(), NOW))
    assert "nothing is wrong" in hook.received[0][1]["text"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"email_to": ["ops"]}, "'ops' is not an address"),
        ({"email_to": ["a@b.org"]}, "email_host and email_from"),
        ({"email_from": "a@b.org, c@d.org"}, "is not an address"),
        ({"webhook_url": "hooks.example.org/x"}, "begins with https"),
        ({"webhook_url": "ftp://hooks.example.org/x"}, "begins with https"),
        ({"webhook_url": "https:///x"}, "begins with https"),
        ({"webhook_header": "a: b"}, "match pattern"),
        ({"email_user": "u"}, "email_password or email_password_file where"),
        ({"email_password": "p", "email_password_file": "f"}, "not both"),
        ({"webhook_secret": "p", "webhook_secret_file": "f"}, "not both"),
        ({"email_user": "u", "email_password": "p", "email_security": "none", "email_host": "mail.org"}, "starttls or tls"),
        ({"timeout": 31}, "less than or equal to 30"),
        ({"disk_free_gb": -1}, "greater than or equal to 0"),
    ],
)
def test_what_is_no_receiver_is_refused_without_quoting_a_secret(values, text):
    with pytest.raises(ConfigurationError) as raised:
        alerts(**values)
    assert text in str(raised.value)


def test_nobody_is_told_unless_it_is_configured():
    assert not alerts().is_on
    assert alerts(webhook_url="https://h.example.org").is_on
    assert [alerts(email_security=s).port for s in ("tls", "starttls", "none")] == [465, 587, 25]


def test_secrets_are_not_shown():
    settings = load_settings(alerts={"webhook_url": "https://h.example.org/T0", "webhook_secret": "hush", "email_password": "p4ss"})
    assert not {s for s in ("T0", "hush", "p4ss") if s in f"{settings}{settings.model_dump_json()}"}
