"""Lists what the image has above its base: files by folder with their size, packages with their version, libraries of the system.

`python -m mediabase_assets_tests.docker.contents` builds it without an engine, with the packages downloaded where this machine has an
interpreter of the image's version, and prints the list.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mediabase_assets_tests.docker.conftest import made_image
from mediabase_assets_tests.docker.image import Image

#: How many folders of a path name a line of the list.
_DEPTH = 3
_PACKAGES = "import importlib.metadata as m; print(*sorted({f'{d.name} {d.version}' for d in m.distributions()}), sep='\\n')"
#: Every library that a program or library of the environment is linked with, but those that come with it.
_LIBRARIES = r"""find /opt/mediabase \( -name '*.so*' -o -path '*/pginstall/bin/*' \) -type f | xargs ldd 2>/dev/null \
  | grep '=> /' | grep -v '/opt/mediabase' | sed 's/^\s*//; s/ =>.*//' | sort -u"""


def files(image: Image) -> Counter[str]:
    """Bytes that the image has above its base, by folder."""
    sizes: Counter[str] = Counter()
    layer = image.root.layers[0]
    for upper in layer.glob("*/upper"):
        place = "" if upper.parent.name == "top" else f"/{upper.parent.name.replace('-', '/')}"
        for folder, _, names in os.walk(upper):
            inside = f"{place}/{Path(folder).relative_to(upper)}".replace("/.", "")
            for name in names:
                file = Path(folder) / name
                key = "/".join(f"{inside}/{name}".split("/")[: _DEPTH + 1])
                sizes[key] += 0 if file.is_symlink() else file.stat().st_size
    return sizes


def describe(image: Image) -> Iterator[str]:
    """The lines of the list."""
    yield f"user {image.user}, folder {image.works_in}, stop signal {image.signal}"
    yield f"entrypoint {' '.join(image.entrypoint)}, command {' '.join(image.command)}, health check {' '.join(image.healthcheck)}"
    yield from (f"{size / 1e6:9.2f} MB  {name}" for name, size in sorted(files(image).items()))
    yield f"{sum(files(image).values()) / 1e6:9.2f} MB in all, above the base"
    place = image.place()
    packages = place.require(["python", "-c", _PACKAGES]).splitlines()
    yield f"{len(packages)} packages: {', '.join(packages)}"
    yield f"libraries of the system: {', '.join(place.require(['sh', '-c', _LIBRARIES]).split())}"


def main() -> int:
    """Print the list."""
    with made_image(downloads="--here" not in sys.argv) as image:
        for line in describe(image):
            print(re.sub(r"\s+$", "", line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
