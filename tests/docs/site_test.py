# SPDX-License-Identifier: Apache-2.0
"""The site that scripts/site.sh builds: complete, searchable, and asking nobody for anything. Looked at by a real browser, as files and from a server."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import threading

import pytest

from watched_browser import WatchedBrowser
from chart import ROOT
from waiting import wait_until

pytestmark = pytest.mark.long

BUILD_SECONDS = 600


def built(root):
    return subprocess.run([root / "scripts/site.sh"], capture_output=True, text=True, timeout=BUILD_SECONDS)


@pytest.fixture(scope="module")
def site():
    done = built(ROOT)
    assert done.returncode == 0, done.stderr
    return ROOT / "build/site"


@pytest.fixture(scope="module")
def served(site):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Nobody reads it."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=site))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser():
    made = WatchedBrowser()
    yield made
    made.end()


@pytest.fixture(params=["file", "http"])
def start(request, site):
    """Where the site begins, opened as a file and from a server."""
    return site.as_uri() if request.param == "file" else request.getfixturevalue("served")


def outside(browser, start):
    return [url for url in browser.requests if not url.startswith((start, "data:", "blob:", "about:"))]


def find(browser, words, title):
    """Types words into the search box and waits until a page of that title is among what it finds."""
    browser.value("document.querySelector('.md-search__input').focus()")
    browser.type(words)
    titles = "[...document.querySelectorAll('.md-search-result__item h1')].map(one => one.textContent)"
    wait_until(lambda: title in browser.value(titles), lambda: f"{words} finds {title}, not {browser.value(titles)}; {browser.complaints}", 60)


def test_the_home_page_renders_and_its_search_finds(browser, start):
    browser.open(f"{start}/index.html")
    assert browser.value("document.querySelector('h1').textContent").startswith("spud")
    assert browser.value("document.querySelectorAll('.ways > div').length") == 4
    # The diagram has been drawn.
    wait_until(lambda: browser.value("document.querySelector('div.mermaid')?.clientHeight ?? 0") > 100, lambda: str(browser.complaints), 60)
    find(browser, "stock", "Correlations made ahead")
    assert browser.complaints == []
    browser.open(f"{start}/operate/guide.html")
    find(browser, "certificate", "Upgrade and rollback")
    assert outside(browser, start) == []
    assert browser.complaints == []


def test_every_page_opens_without_a_word_in_the_console(browser, site):
    # What is not found is shown by servers, at the top of theirs.
    pages = sorted(set(site.rglob("*.html")) - {site / "404.html"})
    assert len(pages) > 25
    for page in pages:
        browser.open(page.as_uri())
        assert browser.value("document.querySelector('h1') !== null"), page
        drawn = "[...document.querySelectorAll('.mermaid')].every(one => one.tagName === 'DIV' && one.clientHeight > 50)"
        wait_until(lambda: browser.value(drawn), lambda page=page: f"diagrams of {page}: {browser.complaints}", 60)
        assert browser.complaints == [], page
    assert outside(browser, site.as_uri()) == []


def test_it_follows_the_system_s_colours(browser, site):
    shades = {}
    for scheme in ("light", "dark"):
        browser.look_as(390, 844, dark=scheme == "dark")
        browser.open((site / "operate/guide.html").as_uri())
        shades[scheme] = browser.value("getComputedStyle(document.body).backgroundColor")
        # On a phone nothing is wider than the screen.
        assert browser.value("document.documentElement.scrollWidth") <= 390
    assert shades["light"] != shades["dark"]


def test_nothing_of_it_names_another_place_for_scripts_or_fonts(site):
    loads = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"?(https?:)?//")
    for page in site.rglob("*.html"):
        assert not loads.search(page.read_text()), page
    for script in [*site.rglob("*.js"), *site.rglob("*.css")]:
        assert not re.search(r"unpkg\.com|jsdelivr|cdnjs|googleapis", script.read_text()), script


@pytest.fixture
def copy(tmp_path, site):
    """A checkout in which pages may be spoilt; what was installed for the site is this one's."""
    made = tmp_path / "checkout"
    shutil.copytree(ROOT, made, ignore=shutil.ignore_patterns("build", ".git", ".venv", "__pycache__"), symlinks=True)
    (made / "build").mkdir()
    for name in ("venv-docs", "site-tools"):
        os.symlink(ROOT / "build" / name, made / "build" / name)
    return made


@pytest.mark.parametrize(
    "page, text, why",
    [
        ("docs/jobs.md", "[x](nowhere.md)", "nowhere.md"),
        ("docs/jobs.md", "[x](stock.md#nowhere)", "nowhere"),
        ("docs/lost.md", "# Lost", "lost.md"),
        ("README.md", "[x](docs/nowhere.md)", "nowhere.md"),
    ],
)
def test_what_leads_nowhere_fails_the_build(copy, page, text, why):
    with open(copy / page, "a") as file:
        file.write(f"\n{text}\n")
    done = built(copy)
    assert done.returncode != 0
    assert why in done.stderr + done.stdout
