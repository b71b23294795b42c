# SPDX-License-Identifier: Apache-2.0
"""The status page of each service in a real browser, and the same as JSON."""

import http.client
import json
from pathlib import Path

import pytest

from browser import Browser
from status_scene import StatusScene
from waiting import wait_until

PICTURES = Path(__file__).resolve().parents[2] / "build/status-pages"
SERVICES = ("scheduler", "alice", "carol")
LOOKS = [(width, dark) for width in (390, 1280) for dark in (False, True)]

# Of every text: the contrast with what is painted behind it, by the rules of WCAG 2, as (contrast, text).
CONTRASTS = """
(() => {
  const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = one => {
    for (; one; one = one.parentElement) {
      const colour = numbers(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || ["SCRIPT", "STYLE", "NOSCRIPT", "TITLE", "title"].includes(parent.tagName)) continue;
    if (!parent.checkVisibility()) continue;
    const [a, b] = [light(numbers(getComputedStyle(parent).color)), light(behind(parent))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), text]);
  }
  return found;
})()
"""
# What reaches beyond the right edge, but for what scrolls in a box of its own.
TOO_WIDE = """
[...document.querySelectorAll("body *")].filter(one =>
  !one.closest(".scroll") && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
  one.checkVisibility()).map(one => one.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def scene(make_shared_cluster):
    made = StatusScene(make_shared_cluster)
    yield made
    made.end_long_job()


@pytest.fixture(scope="module")
def browser():
    made = Browser()
    yield made
    made.end()


@pytest.mark.parametrize("width, dark", LOOKS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_page_fits_and_can_be_read(scene, browser, service, width, dark):
    browser.look_as(width, dark=dark, phone=width < 600)
    browser.open(scene.url(service))
    name = f"{service}-{width}-{'dark' if dark else 'light'}"
    browser.picture(PICTURES / f"{name}.png")
    assert browser.complaints == []
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value(TOO_WIDE) == []
    faint = [(round(contrast, 2), text) for contrast, text in browser.value(CONTRASTS) if contrast < 4.5]
    assert faint == []
    back = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, back[4:-1].split(","))) < 80) == dark, back


def test_what_wide_tables_hold_is_all_there_on_a_phone(scene, browser):
    """Cards in place of columns: each cell that holds something is seen and says what it is."""
    browser.look_as(390, phone=True)
    browser.open(scene.url("scheduler"))
    hidden = "[...document.querySelectorAll('td:not(.empty)')].filter(one => one.getBoundingClientRect().width < 60).length"
    assert browser.value(hidden) == 0
    assert browser.value("document.querySelector('.scroll').scrollWidth <= 390")
    spills = "[...document.querySelectorAll('td .badge')].filter(one => one.getBoundingClientRect().right > one.closest('td').getBoundingClientRect().right + 1).map(one => one.innerText)"
    for service in SERVICES:
        browser.open(scene.url(service))
        assert browser.value(spills) == [], service
    browser.open(scene.url("scheduler"))
    heads = "getComputedStyle(document.querySelector('td'), '::before').content"
    assert browser.value(heads) == '"Progress"'


def test_the_page_has_one_heading_and_named_sections_and_tables(scene, browser):
    browser.look_as(1280)
    for service in SERVICES:
        browser.open(scene.url(service))
        assert browser.value("document.querySelectorAll('h1').length") == 1
        assert browser.value("document.documentElement.lang") == "en"
        unnamed = "[...document.querySelectorAll('table')].filter(one => !one.caption?.textContent).length"
        assert browser.value(unnamed) == 0
        lost = "[...document.querySelectorAll('section')].filter(one => !document.getElementById(one.getAttribute('aria-labelledby'))).length"
        assert browser.value(lost) == 0
        colour_alone = "[...document.querySelectorAll('.badge')].filter(one => one.textContent.trim().length < 4).length"
        assert browser.value(colour_alone) == 0


def test_what_needs_somebody_comes_first_and_leads_there(scene, browser):
    browser.look_as(1280)
    browser.open(scene.url("scheduler"))
    needs = browser.value("[...document.querySelectorAll('.needs a')].map(one => one.innerText)")
    assert any(need.startswith("node dave is absent: heard ") for need in needs), needs
    assert "device registry waits for dave (absent), and 1 job waits for it" in needs, needs
    assert browser.value(
        "document.querySelector('.needs').getBoundingClientRect().bottom"
        " <= document.querySelector('.tiles').getBoundingClientRect().top"
    )
    # To rows that are about it.
    rows = "[...document.querySelectorAll('.needs a')].map(one => document.querySelector(one.hash)?.innerText ?? '')"
    found = browser.value(rows)
    assert found[0].startswith("dave") and found[1].startswith("registry"), found
    tones = browser.value("[...document.querySelectorAll('.tile.bad dt')].map(one => one.firstChild.textContent)")
    assert tones == ["Nodes present", "Devices ready"]
    assert "ready, but see below" in browser.value("document.querySelector('header').innerText")
    browser.open(scene.url("carol"))
    assert "Nothing here needs anybody." in browser.value("document.body.innerText")


def test_numbers_stand_under_one_another(scene, browser):
    browser.look_as(1280)
    browser.open(scene.url("scheduler"))
    cut = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert browser.value(cut) == 0
    sides = "[...new Set([...document.querySelectorAll('.number')].map(one => getComputedStyle(one).textAlign))]"
    assert browser.value(sides) == ["right"]
    assert browser.value("document.querySelectorAll('thead .number').length") > 0


def test_names_are_not_squeezed_in_a_narrow_window(scene, browser):
    browser.look_as(720)
    narrow = "[...document.querySelectorAll('tbody th')].filter(one => one.getBoundingClientRect().width < 100).map(one => one.innerText)"
    for service in SERVICES:
        browser.open(scene.url(service))
        assert browser.value(narrow) == [], service


def test_what_was_unfolded_stays_so_and_keeps_the_focus(scene, browser):
    browser.look_as(1280)
    browser.open(scene.url("scheduler"))
    fold = "document.getElementById('certificates-fine')"
    assert browser.value(f"{fold}.open") is False
    assert "11 hold, the first until " in browser.value(f"{fold}.firstChild.textContent")
    browser.value(f"{fold}.open = true; {fold}.firstChild.focus(); document.getElementById('page').className = 'old'")
    wait_until(lambda: browser.value("document.getElementById('page').className") == "", "it is drawn anew")
    assert browser.value(f"{fold}.open") is True
    assert browser.value("document.activeElement.id") == "certificates-fine-line"


def test_names_are_those_that_people_use(scene):
    page = scene.cluster["alice"].get("/")[1]
    assert "carol/dealer/carol" in page and "spiffe:" not in page
    for service in SERVICES:
        page = scene.cluster[service].get("/")[1]
        assert "not tried" not in page and ">0 ms<" not in page, service


def progress(browser):
    """The round that the running job is shown at."""
    text = browser.value("document.querySelector('td.progress')?.innerText ?? ''")
    words = text.split()
    return int(words[words.index("round") + 1]) if "round" in words else 0


def test_a_running_job_goes_on_by_itself_and_with_a_pause_it_does_not(scene, browser):
    browser.look_as(1280)
    browser.open(scene.url("scheduler"))
    assert "train-model-7" in browser.value("document.getElementById('jobs').parentElement.innerText")
    first = wait_until(lambda: progress(browser), "the round is shown")
    wait_until(lambda: progress(browser) > first, "it goes on without a hand on it")
    browser.value("document.getElementById('pause').click()")
    assert browser.value("document.getElementById('pause').innerText") == "Go on"
    assert browser.complaints == []


def test_it_can_be_read_without_its_script(scene, browser):
    browser.scripts(allowed=False)
    try:
        browser.look_as(1280)
        browser.open(scene.url("scheduler"))
        browser.picture(PICTURES / "scheduler-without-script.png")
        tree = json.dumps(browser.call("DOMSnapshot.captureSnapshot", computedStyles=[]))
        assert "train-model-7" in tree and "survival-curves" in tree
    finally:
        browser.scripts(allowed=True)


def test_a_service_that_ends_leaves_the_page_and_a_word(make_cluster, browser):
    cluster = make_cluster()
    cluster["scheduler"].start()
    browser.look_as(1280)
    browser.open(f"http://127.0.0.1:{cluster['scheduler'].operations_port}/")
    cluster["scheduler"].stop()
    said = wait_until(
        lambda: browser.value("document.getElementById('silent').innerText"), "it says that nobody answers"
    )
    assert said.startswith("No answer since ")
    assert "scheduler" in browser.value("document.querySelector('h1').innerText")


def test_the_page_shows_jobs_nodes_devices_and_stock(scene):
    status, page = scene.cluster["scheduler"].get("/")
    assert status == 200
    for text in (
        "train-model-7",  # runs
        "survival-curves",  # waits
        "risk-scores-1",  # done
        "denied: ",  # the cause of risk-scores-3
        "dave",
        "absent",
        "zone=eu-west",
        "clinics",
        "registry",
    ):
        assert text in page, text


def test_nobody_sees_a_name_of_a_dataset_there(scene):
    """Nor in the cause of a job that a policy forbade."""
    for service in scene.cluster.services.values():
        if service.process is None:
            continue
        for path in ("/", "/status.json", "/metrics"):
            status, text = service.get(path)
            assert status == 200 and "patients-" not in text, (service.name, path)


def test_json_says_the_same(scene):
    said = json.loads(scene.cluster["scheduler"].get("/status.json")[1])
    assert said["version"] == 1
    assert said["service"]["role"] == "scheduler" and said["ready"] is True
    view = said["scheduler"]
    running = view["running"]["rows"]
    assert [job["id"] for job in running] == ["train-model-7"]
    assert 0 < running[0]["progress"]["rounds"] < running[0]["progress"]["of_rounds"]
    assert [job["id"] for job in view["waiting"]["rows"]] == ["survival-curves"]
    ended = {job["id"]: job for job in view["ended"]["rows"]}
    assert ended["risk-scores-1"]["state"] == "done" and ended["risk-scores-1"]["cause"] is None
    assert ended["risk-scores-3"]["state"] == "failed" and ended["risk-scores-3"]["cause"].startswith("denied: ")
    nodes = {node["name"]: node for node in view["nodes"]["rows"]}
    assert nodes["alice"]["state"] == "present" and nodes["alice"]["labels"]["zone"] == "eu-west"
    assert nodes["dave"]["state"] == "absent"
    assert {device["name"]: device["state"] for device in view["devices"]["rows"]} == {
        "clinics": "ready",
        "registry": "waiting",
    }
    assert view["stock"]["rows"][0]["ready"] > 0
    assert {row["name"] for row in said["certificates"]} >= {"own", "ca alice", "ca operator"}


def test_json_of_a_node_and_a_dealer(scene):
    node = json.loads(scene.cluster["alice"].get("/status.json")[1])
    [attempt] = node["node"]["attempts"]["rows"]
    assert attempt["job"] == "train-model-7" and attempt["progress"]["phase"] == "running"
    assert node["node"]["memory"]["reserved_bytes"] > 0 and node["node"]["slots"] == 4
    assert node["node"]["datasets"]["count"] == 7 and node["node"]["datasets"]["bytes"] > 0
    assert node["node"]["tapes"]["by_state"]["ready"] > 0
    dealer = json.loads(scene.cluster["carol"].get("/status.json")[1])
    assert dealer["dealer"]["ledger"] >= dealer["dealer"]["dealt"] > 0


def headers(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return dict(answer.getheaders())


def test_nothing_is_kept_framed_or_taken_for_something_else(scene):
    for service in SERVICES:
        port = scene.cluster[service].operations_port
        for path in ("/", "/status.json"):
            said = headers(port, path)
            assert said["Cache-Control"] == "no-store" and said["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in said["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in said["Content-Security-Policy"]
            assert "unsafe" not in said["Content-Security-Policy"]
