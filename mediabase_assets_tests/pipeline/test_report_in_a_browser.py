"""The page of a report in a real browser: nothing fails, nothing is loaded, it fits every width and paper, everybody can use it."""

import base64
import re
import shutil
from pathlib import Path

import axe_core_python
import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mediabase_assets.report.page.document import read_document
from mediabase_assets.report.page.render import render
from mediabase_assets.runs.report_page import outside
from mediabase_assets_tests.cli import browser as chromium
from mediabase_assets_tests.report_picture import take

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end, pytest.mark.skipif(not chromium.IS_THERE, reason=chromium.MISSING)]
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
#: Width of what is printed on A4 between the margins of the page, in CSS pixels.
PAPER = round((210 - 2 * 14) / 25.4 * 96)


@pytest.fixture(scope="module")
def file(migrated, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(read_document(migrated.settings, None, outside(migrated.instance))))
    path.parent.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def person(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profile")
    with chromium.browser("", folder) as someone:
        yield someone
    shutil.rmtree(folder, ignore_errors=True)


def look(person, file, width=1280, *, scheme="light", media="screen", scripts=True):
    """Open the page in a window of a width; returns the browser."""
    chrome = person.chrome
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    chrome.get(file.as_uri())
    return chrome


def test_nothing_fails_and_nothing_is_loaded(person, file):
    chrome = look(person, file)
    assert chrome.get_log("browser") == []
    assert chrome.execute_script("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert chrome.execute_script("return document.compatMode") == "CSS1Compat"
    # the policy of the page keeps everything else out, which the console tells
    chrome.execute_script("const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i)")
    assert "Content Security Policy" in chrome.get_log("browser")[0]["message"]


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_no_page_is_wider_than_its_window(person, file, width):
    chrome = look(person, file, width)
    chrome.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
    inside = (
        "return [...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth)"
    )
    assert [e.tag_name for e in chrome.execute_script(inside)] == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (375, "light"), (375, "dark")])
def test_axe_finds_nothing_serious(person, file, width, scheme):
    chrome = look(person, file, width, scheme=scheme)
    background = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", background)[:3])) > 384
    assert light is (scheme == "light")
    chrome.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    # rows of a table are alike: three of each are looked at, and a few of the bands, since axe takes long for thousands of cells
    chrome.execute_script("document.querySelectorAll('tbody tr:nth-child(n+4), .band:nth-of-type(n+9)').forEach(e => e.remove())")
    chrome.execute_script(AXE)
    found = chrome.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    assert len(found["passes"]) > 20
    assert "color-contrast" in {rule["id"] for rule in found["passes"]}
    told = [(v["id"], v["impact"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found["violations"]]
    assert [violation for violation in told if violation[1] in ("serious", "critical")] == []


def test_tables_are_sorted_by_mouse_and_keyboard_and_filtered(person, file):
    chrome = look(person, file)

    def rows():
        cells = chrome.find_elements(By.CSS_SELECTOR, "#columns tbody tr td:nth-child(3)")
        return [int(cell.get_attribute("data-v")) for cell in cells]

    before = rows()
    heading = chrome.find_element(By.XPATH, "//table[@id='columns']//th[normalize-space()='facts']//*[@role='button']")
    heading.click()
    assert rows() == sorted(before, reverse=True) != before  # the largest first
    heading.send_keys(Keys.ENTER)
    assert rows() == sorted(before)
    assert heading.find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending"
    chrome.find_element(By.XPATH, "//summary[starts-with(normalize-space(), 'All ')]").click()
    box = chrome.find_element(By.ID, "checks-filter")
    box.send_keys("normalized/genes")
    shown = [row for row in chrome.find_elements(By.CSS_SELECTOR, "#checks tbody tr") if row.is_displayed()]
    assert shown
    assert all("normalized/genes" in row.text for row in shown)
    assert chrome.find_element(By.CSS_SELECTOR, ".filter [role=status]").is_enabled()


def test_the_picture_tells_its_numbers(person, file):
    chrome = look(person, file)
    band = chrome.find_element(By.CSS_SELECTOR, ".flow rect[data-tip^='go_terms:']")
    place = band.find_element(By.XPATH, "./ancestor::*[@role='img']")
    chrome.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", band)
    box = chrome.execute_script("const r = arguments[0].getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]", band)
    chrome.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": box[0], "y": box[1]})
    tip = chrome.find_element(By.CLASS_NAME, "tip")
    assert tip.text == band.get_attribute("data-tip")
    assert re.fullmatch(r"go_terms: [\d,]+ facts", tip.text)
    assert place.get_attribute("aria-labelledby") == "picture-flow-title picture-flow-desc"
    assert "merged" in chrome.find_element(By.ID, "picture-flow-desc").get_attribute("textContent")


def test_everything_is_there_without_scripts(person, file):
    try:
        chrome = look(person, file, scripts=False)
        words = chrome.find_element(By.TAG_NAME, "body").text
    finally:
        person.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "Where each fact went" in words
    assert "transcript_enrichment_view" in words
    assert "Show rows with" not in words


def test_it_is_printed_on_a4_without_anything_cut_off(person, file):
    chrome = look(person, file, PAPER, media="print")
    wide = "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
    assert [(e.tag_name, e.text[:80]) for e in chrome.execute_script(wide)] == []
    assert chrome.execute_script("return getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    assert chrome.execute_script("return getComputedStyle(document.querySelector('button.save')).display") == "none"
    target = "return getComputedStyle(document.querySelector('main a[data-no]'), '::after').content"
    assert "section" in chrome.execute_script(target)
    chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    chrome.get(file.as_uri())
    pdf = base64.b64decode(chrome.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"])
    sizes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {(595, 842)}
    assert 5 < len(sizes) < 40


@pytest.mark.parametrize("is_dark", [False, True])
def test_a_picture_of_it_is_small(file, tmp_path, is_dark):
    picture = tmp_path / "report.png"
    assert take(file, picture, is_dark=is_dark) == picture.stat().st_size < 200_000
    with Image.open(picture) as image:
        assert image.size == (1280, 1500)
        assert len(image.getcolors()) > 16
