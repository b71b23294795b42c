# SPDX-License-Identifier: Apache-2.0
"""`spud job report` in a browser: of a job that is done, one that failed, one that runs, and with a node away."""

import pytest

from browser import Browser
from corpus_case import load_case
from waiting import wait_until

WIDTHS = (1280, 390)
# What reaches beyond the right edge, but for what scrolls in a box of its own.
TOO_WIDE = """
[...document.querySelectorAll("body *")].filter(one =>
  !one.closest(".scroll") && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(one => one.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def browser():
    opened = Browser()
    yield opened
    opened.end()


def push(cluster):
    cluster.case = load_case("prog_mlp_sgd_step")
    both = cluster.policy("both", recipients=["hospital-a", "hospital-b"])
    cluster.names = cluster.push_case(cluster.case, "data", ["hospital-a"], {"hospital-a": both})
    cluster.client("hospital-a").spud("program", "push", cluster.case.program, "--device", "demo")
    return cluster


@pytest.fixture
def pushed(cluster):
    return push(cluster)


def start(cluster, job, *more):
    owner = cluster.client("hospital-a")
    recipients = ["hospital-a"] * len(cluster.case.expected)
    return owner.start(*owner.job(cluster.case.digest, cluster.names, recipients, job), "--wait", *more)


def report(cluster, job, folder, party="hospital-a"):
    file = folder / f"{job}.html"
    said = cluster.client(party).spud("job", "report", job, "--out", file)
    return file, said.err


def check(browser, file):
    """It fits, loads nothing and complains of nothing: wide and narrow, light and dark. Answers its text."""
    text = None
    for width in WIDTHS:
        for dark in (False, True):
            browser.look_as(width, dark=dark, phone=width < 600)
            browser.open(file.resolve().as_uri())
            assert browser.complaints == []
            assert browser.value("performance.getEntriesByType('resource').length") == 0, "it loads something"
            assert browser.value(TOO_WIDE) == [], f"beyond {width}"
            assert browser.value("document.scripts.length") == 0
            backs = browser.value("getComputedStyle(document.body).backgroundColor")
            brightness = sum(int(part) for part in backs.strip("rgb()").split(",")[:3])
            assert (brightness < 200) == dark, backs
            text = browser.value("document.body.innerText")
    return text


def test_a_job_that_is_done(pushed, browser, tmp_path):
    start(pushed, "fine").wait()
    file, said = report(pushed, "fine", tmp_path)
    assert said == "", "nothing is missing, and clocks of one machine agree"
    text = check(browser, file)
    for part in ("Job fine", "done", "alice", "bob", "waiting for", "The dearest instructions", "Foretold and measured"):
        assert part in text, part
    # A lane of steps for the scheduler, both nodes and the dealer, with boxes in it.
    lanes = browser.value("[...document.querySelectorAll('.chart .party')].map(one => one.textContent)")
    for who in ("operator", "alice", "bob", "carol"):
        assert any(lane.startswith(who) for lane in lanes), lanes
    assert browser.value("document.querySelectorAll('.chart svg rect').length") > 20
    # Times above and below them, and a label for each.
    assert browser.value("document.querySelectorAll('.chart > .axis').length") == 2
    assert browser.value("[...document.querySelectorAll('.lanes svg')].filter(one => !one.previousElementSibling).length") == 0
    labels = browser.value("[...document.querySelectorAll('.lanes .what')].map(one => one.textContent)")
    assert any(label.startswith("asks alice: ") for label in labels), labels
    assert any(label.startswith("asks bob: ") for label in labels), labels
    times = browser.value("[...document.querySelectorAll('.axis span')].map(one => one.textContent)")
    assert times[0] == "0" and len(times) >= 6, times
    # What was foretold is what it was.
    cells = browser.value(
        "[...document.querySelectorAll('tr')].map(row => [...row.cells].map(cell => cell.innerText))"
    )
    (rounds,) = [row for row in cells if row[0] == "rounds" and len(row) == 3]
    assert rounds[1] == rounds[2] and rounds[1] != "–"


def test_a_job_that_failed_with_a_node_away(pushed, browser, tmp_path):
    pushed["bob"].kill()
    start(pushed, "failed", "--retries", "1", "--deadline", "8s").wait(expect=1)
    file, said = report(pushed, "failed", tmp_path)
    text = check(browser, file)
    assert "Job failed" in text and "Why it failed" in text
    assert pushed.client("hospital-a").show("failed")["attempts"], "its attempts began before it was given up"
    assert "Parts that are missing" in text and "node bob of bob" in text
    assert "nothing of node bob (bob)" in said


def test_a_job_that_runs(make_cluster, browser, tmp_path):
    # Nobody gives up a node that is frozen for as long as this test takes, but the client that asks it.
    patient = {"peer_silence_limit": "60s"}
    cluster = make_cluster(node_settings=patient)
    cluster.configure("scheduler", **patient)
    cluster.start()
    cluster.client("hospital-b", peer_silence_limit="2s")
    cluster.make_device()
    push(cluster)
    cluster["bob"].freeze()
    owner, recipients = cluster.client("hospital-a"), ["hospital-b"] * len(cluster.case.expected)
    owner.submit(cluster.case.digest, cluster.names, recipients, "under-way", more=("--retries", "0"))
    wait_until(lambda: owner.show("under-way")["attempts"], "an attempt")
    file, said = report(cluster, "under-way", tmp_path, "hospital-b")
    cluster["bob"].thaw()
    owner.spud("job", "watch", "under-way", expect=None)
    text = check(browser, file)
    assert "Job under-way" in text and "has not ended" in text
    assert "node bob" in said
