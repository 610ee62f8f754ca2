"""Makes the pictures of the documentation: pages of the real web UI, of a migrated demonstration, by a browser without a window.

`python -m mediabase_assets_tests.pictures` writes `docker/pictures/*.png`, each below 200 kB; names of pages write only those. One more
picture is one more line of `PAGES`. Needs Chromium and its driver. What a page shows is the demonstration: no patient, no real name.
"""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from selenium.webdriver.common.by import By

from mediabase_assets.postgres.embedded import server
from mediabase_assets_tests.cli.browser import IS_THERE, MISSING, Person, browser
from mediabase_assets_tests.cli.web import Web, served
from mediabase_assets_tests.fixtures.environment import clean_environment

TREE = Path(__file__).parents[1]
FOLDER = TREE / "docker" / "pictures"
#: Bytes of a picture, at most.
LARGEST = 200_000
#: Size of the window; large enough for a page, small enough for a document.
WINDOW = (1440, 900)
#: Rows of the demonstration.
ROWS = "1500"
#: What the pages of Dagster's UI show while they ask the server.
_LOADING = re.compile(r"Loading|Initializing", re.I)


#: The path of the page that is no page of the UI: the report of the migration.
REPORT = "report.html"


class Page(NamedTuple):
    """A picture: its name, the page (a path of the UI, or `REPORT`), what has to be on it, and what is clicked first, by XPath."""

    name: str
    path: str
    shows: str
    clicks: tuple[str, ...] = ()


def pages(run_id: str) -> tuple[Page, ...]:
    """The pictures of the documentation.

    Args:
        run_id: A run of the whole migration.
    """
    return (
        Page("asset_graph", "/asset-groups", "legacy"),
        Page("checks", "/assets/normalized/genes?view=checks", "every"),
        Page("run", f"/runs/{run_id}", "Success|Succeeded"),
        Page("report", REPORT, "Where each fact went|legacy rows"),
    )


@dataclass(frozen=True)
class Place:
    """The demonstration: a home, and the program in it; what `web.served` wants of a project."""

    home: Path

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "mediabase_assets.cli", *arguments], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=clean_environment() | {"MEDIABASE_HOME": str(self.home), "COLUMNS": "200"} | environment,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def migrate(self) -> None:
        """Make the demonstration and migrate it."""
        process = self.start("migrate", "--demo", "--demo-transcripts", ROWS, "--skip-confirmation")
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, out + err


def take(folder: Path, names: Sequence[str] = (), choose: Callable[[str], tuple[Page, ...]] = pages) -> list[Path]:
    """Take pictures; returns the files.

    Args:
        folder: Where they are written.
        names: Which; all without any.
        choose: The pages, for the id of a run of the whole migration.
    """
    with _migrated() as place, served(place) as web, tempfile.TemporaryDirectory() as profile:
        run = _newest_run(web)
        with browser(web.url, Path(profile)) as person:
            person.chrome.set_window_size(*WINDOW)
            chosen = [page for page in choose(run) if not names or page.name in names]
            folder.mkdir(exist_ok=True)
            return [_taken(person, page, folder, place.home) for page in chosen]


@contextmanager
def _migrated():
    """A demonstration in a folder of its own, removed afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-pictures-", dir="/tmp"))
    parent.chmod(0o755)
    place = Place(parent / "home")
    try:
        place.migrate()
        yield place
    finally:
        server.remove(place.home)
        shutil.rmtree(parent)


def _newest_run(web: Web) -> str:
    found = web.ask('{ runsOrError(filter: {pipelineName: "migrate"}, limit: 1) { ... on Runs { results { runId } } } }')
    return str(found["runsOrError"]["results"][0]["runId"])


def _taken(person: Person, page: Page, folder: Path, home: Path) -> Path:
    """Open a page, wait until it is whole and still, and keep what it looks like."""
    if page.path == REPORT:
        person.chrome.get(max((home / "reports").glob(f"*/{REPORT}")).as_uri())
    else:
        person.go_to(page.path)
    for xpath in page.clicks:
        person.click(xpath)
    person.sees(page.shows)
    before = b""
    while (picture := person.chrome.get_screenshot_as_png()) != before:  # until nothing moves any more
        before = picture
        _pause(person)
    file = folder / f"{page.name}.png"
    file.write_bytes(smaller(picture))
    assert file.stat().st_size <= LARGEST, f"{file} has {file.stat().st_size} bytes"
    return file


def _pause(person: Person) -> None:
    """Until the page says nothing of loading, and a moment more."""
    for _ in range(20):
        text = person.chrome.find_element(By.TAG_NAME, "body").text
        person.chrome.execute_async_script("setTimeout(arguments[0], 700)")
        if not _LOADING.search(text):
            return


def smaller(picture: bytes) -> bytes:
    """The same picture with 256 colours."""
    with Image.open(io.BytesIO(picture)) as image:
        out = io.BytesIO()
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        return out.getvalue()


def main(names: Sequence[str]) -> int:
    """Take the pictures that are named, and print what was written."""
    if not IS_THERE:
        print(MISSING)
        return 1
    for file in take(FOLDER, names):
        print(f"{file.relative_to(TREE)}: {file.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
