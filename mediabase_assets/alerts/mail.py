"""Messages by e-mail: one connection, one message, to all addresses."""

import smtplib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from mediabase_assets.alerts.credentials import secret_of, trusted_by
from mediabase_assets.alerts.message import Message
from mediabase_assets.alerts.receipt import Receipt, UndeliveredError
from mediabase_assets.settings.alerts import AlertSettings

WAY = "email"


def send_mail(alerts: AlertSettings, message: Message) -> Receipt:
    """Hand a message to the mail server.

    Raises:
        UndeliveredError: The server cannot be reached, or refuses it.
        ConfigurationError: The password's file cannot be read.
    """
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = alerts.email_from, ", ".join(alerts.email_to), " ".join(message.subject.split())
    mail["Date"], mail["Message-ID"] = formatdate(localtime=False), make_msgid(domain=alerts.email_from.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is told to us
    mail.set_content(message.text)
    password = secret_of(alerts.email_password, alerts.email_password_file, "alerts.email_password_file")
    where = f"mail server {alerts.email_host}, port {alerts.port}"
    try:
        with _connected(alerts) as server:
            if alerts.email_user:
                server.login(alerts.email_user, password)
            refused = server.send_message(mail)
    except smtplib.SMTPAuthenticationError as error:
        raise UndeliveredError(f"{where} refused the log-in of {alerts.email_user}: {_reply(error.smtp_code, error.smtp_error)}") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise UndeliveredError(f"{where} refused {_refusals(error.recipients)}") from None
    except smtplib.SMTPResponseException as error:
        raise UndeliveredError(f"{where} answered {_reply(error.smtp_code, error.smtp_error)}") from None
    except smtplib.SMTPException as error:
        raise UndeliveredError(f"{where}: {error}") from None
    except OSError as error:
        raise UndeliveredError(f"{where}: {error.strerror or error}") from None
    if refused:
        raise UndeliveredError(f"{where} took the message for some and refused {_refusals(refused)}")
    return Receipt(f"{where} took the message for {', '.join(alerts.email_to)}")


def _connected(alerts: AlertSettings) -> smtplib.SMTP:
    """A connection, encrypted as configured."""
    trusted = trusted_by(alerts)
    if alerts.email_security == "tls":
        return smtplib.SMTP_SSL(alerts.email_host, alerts.port, timeout=alerts.timeout, context=trusted)
    server = smtplib.SMTP(alerts.email_host, alerts.port, timeout=alerts.timeout)
    if alerts.email_security == "starttls":
        try:
            server.starttls(context=trusted)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
    return server


def _reply(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(said.split())[:200]}"


def _refusals(recipients: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{address} ({_reply(*reply)})" for address, reply in sorted(recipients.items()))
