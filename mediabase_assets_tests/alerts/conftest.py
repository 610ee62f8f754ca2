"""What the tests of alerts share: receivers, and settings that name them."""

import pytest

from mediabase_assets_tests.alerts.receivers import PASSWORD, USER, Hook, MailServer, authority, running
from mediabase_assets_tests.pipeline import harness

pipeline_home = harness.pipeline_home


@pytest.fixture(scope="session")
def trusted(tmp_path_factory):
    """A certificate for localhost, and the file of its authority."""
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(params=["starttls", "tls"])
def security(request):
    return request.param


@pytest.fixture
def mail(trusted, security):
    with running(MailServer(trusted[0], starttls=security == "starttls")) as server:
        yield server


@pytest.fixture
def hook():
    with running(Hook()) as server:
        yield server


def by_mail(server, ca_file, **others):
    """Settings that send mail to a server of the tests."""
    return {
        "email_to": ["ops@example.org", "lab@example.org"], "email_from": "mediabase@example.org", "email_host": "localhost",
        "email_port": server.port, "email_security": "starttls" if server.starttls else "tls", "email_user": USER,
        "email_password": PASSWORD, "ca_file": str(ca_file), **others,
    }  # fmt: skip
