"""A picture of a report's page: `python -m mediabase_assets_tests.report_picture REPORT.html PICTURE.png [--width 1280] [--dark]`.

Needs Chromium and chromedriver. The picture shows the first screens of the page and is reduced to 128 colours, so that it stays small.
"""

import argparse
import base64
import io
import tempfile
from pathlib import Path

from PIL import Image

from mediabase_assets_tests.cli import browser

_COLOURS = 128


def take(page: Path, picture: Path, *, width: int = 1280, height: int = 1500, is_dark: bool = False) -> int:
    """Take the picture; returns its size in bytes."""
    with tempfile.TemporaryDirectory(prefix="mediabase-picture-") as folder, browser.browser("", Path(folder)) as person:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        person.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": [scheme]})
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        person.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        person.chrome.get(page.absolute().as_uri())
        png = base64.b64decode(person.chrome.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"])
    Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS).save(picture, optimize=True)
    return picture.stat().st_size


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1500)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    size = take(options.page, options.picture, width=options.width, height=options.height, is_dark=options.dark)
    print(f"{options.picture}: {size:,} bytes")


if __name__ == "__main__":
    main()
