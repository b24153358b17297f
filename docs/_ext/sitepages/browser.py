"""Open the built site from its files in a browser without a network: formulas are typeset, and search finds.

    PYTHONPATH=docs/_ext python -m sitepages.browser build/docs

Where selenium or chromium is absent it says so and checks nothing; where CI=true that is a failure.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

FORMULA = "span.math, div.math"
WAIT = 30.0


def _driver(chromium: str, chromedriver: str, profile: str) -> Any:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    rules = "--host-resolver-rules=MAP * ~NOTFOUND"  # no name resolves: the network is away
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", rules):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))


def wrong(driver: Any, site: Path) -> list[str]:
    """What a reader would miss."""
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.support.ui import WebDriverWait

    found = []
    pages = [path for path in sorted(site.rglob("*.html")) if 'class="math' in path.read_text(encoding="utf-8")]
    for path in pages:
        driver.get(path.as_uri())
        script = f"const all = [...document.querySelectorAll('{FORMULA}')];"
        script += "return all.length > 0 && all.every(f => f.querySelector('mjx-container svg'));"
        bad = "return document.querySelectorAll('mjx-merror, [data-mjx-error]').length"
        try:
            WebDriverWait(driver, WAIT).until(lambda d, script=script: d.execute_script(script))
        except TimeoutException:
            found.append(f"{path.relative_to(site)}: a formula is not typeset")
        if driver.execute_script(bad):
            found.append(f"{path.relative_to(site)}: a formula has an error")
    driver.get((site / "search.html").as_uri() + "?q=pretext")
    try:
        WebDriverWait(driver, WAIT).until(
            lambda d: d.execute_script("return document.querySelectorAll('#search-results li a').length") > 0
        )
    except TimeoutException:
        found.append("search.html: nothing is found for 'pretext'")
    print(f"browser: {len(pages)} pages with formulas")
    return found


def main(site: Path) -> int:
    """Exit status."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    chromedriver = shutil.which("chromedriver")
    try:
        import selenium  # noqa: F401
    except ImportError:
        chromium = None
    if chromium is None or chromedriver is None:
        print("browser: skipped, needs selenium, chromium and chromedriver")
        return int(os.environ.get("CI") == "true")
    with tempfile.TemporaryDirectory() as profile:
        driver = _driver(chromium, chromedriver, profile)
        try:
            found = wrong(driver, site)
        finally:
            driver.quit()
    print(*found, sep="\n", end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
