"""The pictures of the documentation: all there, small, and made again by their command."""

import io

import pytest
from PIL import Image

from mediabase_assets_tests import pictures
from mediabase_assets_tests.cli.browser import IS_THERE, MISSING


def test_every_picture_is_there_and_small():
    named = {f"{page.name}.png" for page in pictures.pages("")}
    files = {file.name: file for file in pictures.FOLDER.iterdir()}
    assert files.keys() == named
    for file in files.values():
        assert file.stat().st_size <= pictures.LARGEST
        with Image.open(file) as image:
            assert image.format == "PNG"
            assert image.width == pictures.WINDOW[0]


def test_a_picture_with_fewer_colours_is_smaller_and_of_the_same_size():
    before = io.BytesIO()
    Image.effect_mandelbrot((300, 200), (-3, -2.5, 2, 2.5), 100).convert("RGB").save(before, "PNG")
    after = pictures.smaller(before.getvalue())
    assert len(after) < len(before.getvalue())
    with Image.open(io.BytesIO(after)) as image:
        assert image.size == (300, 200)


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.skipif(not IS_THERE, reason=MISSING)
def test_the_command_takes_those_that_are_named(tmp_path):
    (file,) = pictures.take(tmp_path, ["checks"])
    assert file == tmp_path / "checks.png"
    with Image.open(file) as image:
        assert len(image.getcolors(256) or ()) > 10  # no blank page
