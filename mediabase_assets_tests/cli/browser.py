"""Chromium without a window, that clicks as a person does: what is not there yet is waited for, and a failure leaves a picture."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.common.exceptions import ElementNotInteractableException, NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
IS_THERE = bool(CHROMIUM and DRIVER)
MISSING = "no chromium or chromedriver on the PATH; on Debian: apt-get install chromium chromium-driver"
#: Seconds until something is on the page; the pages ask the server several times before they are whole.
PATIENCE = 60.0
_NOT_YET = (NoSuchElementException, StaleElementReferenceException, ElementNotInteractableException)  # the last also if something covers it
_SWITCHES = ("--headless=new", "--window-size=1440,900", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking")


class Person:
    """Somebody who looks at pages of the web UI and clicks."""

    def __init__(self, chrome: Chrome, url: str) -> None:
        self.chrome, self.url = chrome, url

    def go_to(self, path: str) -> None:
        """Open a page."""
        self.chrome.get(self.url + path)

    def click(self, xpath: str) -> None:
        """Click what an XPath finds, as soon as it can be clicked."""

        def clicked(chrome: Chrome) -> bool:
            found = chrome.find_element(By.XPATH, xpath)
            if not found.is_enabled():
                return False
            found.click()
            return True

        WebDriverWait(self.chrome, PATIENCE, ignored_exceptions=_NOT_YET).until(clicked, f"cannot be clicked: {xpath}")

    def button(self, label: str) -> None:
        """Click the button whose label begins so."""
        self.click(f"//button[starts-with(normalize-space(), '{label}')]")

    def menu(self, label: str, entry: str) -> None:
        """Click an entry of the menu beside a button."""
        self.click(f"//button[starts-with(normalize-space(), '{label}')]/following::button[1]")
        self.click(f"//*[@role='menuitem'][normalize-space()='{entry}'][not(@disabled) and not(@aria-disabled='true')]")

    def sees(self, pattern: str) -> str:
        """Wait for a text on the page; returns all that is there."""

        def seen(chrome: Chrome) -> str | None:
            text = chrome.find_element(By.TAG_NAME, "body").text
            return text if re.search(pattern, text) else None

        found = WebDriverWait(self.chrome, PATIENCE, ignored_exceptions=_NOT_YET).until(seen, f"is not on the page: {pattern}")
        assert found
        return found

    def waits_for(self, look: Callable[[], set[str]], what: str) -> set[str]:
        """Wait until a look finds something."""
        return WebDriverWait(self.chrome, PATIENCE).until(lambda _: look(), f"is not there: {what}")

    @contextmanager
    def pictured(self, file: Path) -> Iterator[None]:
        """While this lasts, a failure leaves a picture of the page, and names it."""
        try:
            yield
        except Exception as error:
            self.chrome.save_screenshot(str(file))
            error.add_note(f"The page at that moment: {file}")
            raise


@contextmanager
def browser(url: str, folder: Path) -> Iterator[Person]:
    """A browser for a web UI, with a profile of its own."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for switch in (*_SWITCHES, f"--user-data-dir={folder}", *(["--no-sandbox"] if os.geteuid() == 0 else [])):  # root has no sandbox
        options.add_argument(switch)
    chrome = Chrome(options=options, service=Service(str(DRIVER)))  # both named: selenium downloads neither
    try:
        yield Person(chrome, url)
    finally:
        chrome.quit()
