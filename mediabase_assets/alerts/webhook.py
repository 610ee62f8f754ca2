"""Messages to a webhook: a POST of JSON, tried again where the receiver is away for a moment.

Its address may be a secret, so that only the host is shown.
"""

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from mediabase_assets.alerts.credentials import secret_of, trusted_by
from mediabase_assets.alerts.message import Message
from mediabase_assets.alerts.receipt import Receipt, UndeliveredError
from mediabase_assets.settings.alerts import AlertSettings

WAY = "webhook"
#: Seconds between attempts; the last attempt has none after it.
PAUSES = (1.0, 3.0)
#: Answers after which another attempt may succeed.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Passing(Exception):  # noqa: N818  # a reason to try again
    """The receiver may take the message in a moment."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The secret goes to the address that was configured, and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Do not follow."""
        return


def send_webhook(alerts: AlertSettings, message: Message) -> Receipt:
    """Post a message.

    Raises:
        UndeliveredError: The receiver cannot be reached, or refuses it.
        ConfigurationError: The file of the secret, or of certificates, cannot be read.
    """
    assert alerts.webhook_url is not None
    url = alerts.webhook_url.get_secret_value()
    where = f"webhook {urlsplit(url).hostname}"
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "mediabase"}
    secret = secret_of(alerts.webhook_secret, alerts.webhook_secret_file, "alerts.webhook_secret_file")
    if secret:
        headers[alerts.webhook_header] = secret
    body = json.dumps(_body(alerts.webhook_format, message), ensure_ascii=False).encode()
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310  # http or https, see the settings
    opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=trusted_by(alerts)))
    last = ""
    for pause in (*PAUSES, None):
        try:
            return Receipt(f"{where} answered {_post(opener, request, alerts.timeout, where)}")
        except _Passing as error:
            last = str(error)
        if pause is not None:
            time.sleep(pause)
    raise UndeliveredError(f"{where}: {last}, also after {len(PAUSES) + 1} attempts")


def _body(form: str, message: Message) -> dict[str, Any]:
    """The message as its receiver reads it: Slack's own form, an adaptive card of Microsoft Teams, or all that is known."""
    if form == "slack":
        return {"text": f"*{message.subject}*\n```\n{message.text}```"}
    if form == "teams":
        blocks = [
            {"type": "TextBlock", "text": message.subject, "weight": "bolder", "wrap": True},
            {"type": "TextBlock", "text": message.text, "fontType": "monospace", "wrap": True},
        ]
        card = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": blocks}
        return {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}]}
    return {"subject": message.subject, **message.document}


def _post(opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float, where: str) -> str:
    """One attempt; returns the answer.

    Raises:
        _Passing: Another attempt may succeed.
        UndeliveredError: None will.
    """
    try:
        with opener.open(request, timeout=timeout) as answer:
            return f"{answer.status} {_said(answer)}".strip()
    except urllib.error.HTTPError as error:
        with error:
            said = f"answered {error.code} {_said(error)}".strip()
        if error.code in _PASSING:
            raise _Passing(f"it {said}") from None
        raise UndeliveredError(f"{where} {said}") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            raise UndeliveredError(f"{where}: {error.reason.reason or error.reason}") from None
        raise _Passing(_reason(error.reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise _Passing(_reason(error)) from None


def _said(answer: Any) -> str:
    """The beginning of what a receiver says, in one line."""
    return " ".join(answer.read(200).decode("utf-8", "replace").split())


def _reason(error: object) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
