"""A browser without a network, and the pages of committed studies in it; skipped where there is none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest

from testbed.explorer import explore
from tests.committed import RESULTS

STUDIES = ["lee2021_controlled", "violations/kind_and_size", "violations/when_it_pays"]
ALL = {"free": True, "all": True}


def absent() -> str:
    """Why there is no browser; nothing if there is."""
    lacking = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    try:
        import selenium  # noqa: F401
    except ImportError:
        lacking.append("selenium")
    return f"needs {', '.join(lacking)}" if lacking else ""


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if why := absent():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the browser tests must run where CI=true: {why}")
        pytest.skip(why)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    profile, rules = tmp_path_factory.mktemp("profile"), "--host-resolver-rules=MAP * ~NOTFOUND"  # no network
    for given in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", rules):
        options.add_argument(given)
    options.add_argument("--window-size=1500,1200")
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield made
    made.quit()


class Page:
    """The page of a committed study."""

    def __init__(self, driver: Any, file: Path, study: str) -> None:
        self.driver, self.file, self.study = driver, file, study
        self.summary = RESULTS / study / "summary.csv"

    def open(self, **state: Any) -> Page:
        """Open it anew, with some of its state in the fragment."""
        self.driver.get("about:blank")
        self.driver.get(self.file.as_uri() + (f"#{quote(json.dumps(state))}" if state else ""))
        return self

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def click(self, selector: str) -> None:
        """Click what a selector finds, wherever on the page it is."""
        found = self.driver.find_element("css selector", selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()

    def tick(self, dial: str, value: str) -> None:
        """Click the check box of a value."""
        self.click(f'input[data-dial="{dial}"][data-value={json.dumps(value)}]')

    def take(self, name: str, value: str) -> None:
        """Choose an option of a list."""
        from selenium.webdriver.support.ui import Select

        Select(self.driver.find_element("id", name)).select_by_value(value)

    def text(self, name: str) -> str:
        """The text of an element."""
        return str(self.run("return document.getElementById(arguments[0]).textContent", name))

    def copied(self, button: str) -> str:
        """Click a button that copies, and return what it copied."""
        self.click(f"#{button}")
        return str(self.run("return document.getElementById('copied-text').value"))


@pytest.fixture(scope="session")
def page(driver: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("pages")

    def made(study: str) -> Page:
        file = folder / f"{study.replace('/', '-')}.html"
        return Page(driver, file if file.exists() else explore(RESULTS / study, file), study)

    return made


def table(page: Any) -> pd.DataFrame:
    """summary.csv, all texts."""
    return pd.read_csv(page.summary, dtype=str, keep_default_na=False)
