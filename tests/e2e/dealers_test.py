# SPDX-License-Identifier: Apache-2.0
"""A device with two dealers: whichever is there deals, live and for stock, and tapes of either serve."""

import pytest

from stock_test import Stocked
from waiting import wait_until


@pytest.fixture
def two(make_cluster):
    made = Stocked(make_cluster(dealers=("carol", "dora")), "--dealer", "carol", "--dealer", "dora")
    yield made
    made.check_each_tape_served_once()


def made_by(two, dealer):
    """The tapes of stock that a node has had from a dealer."""
    tapes = [line["tape"] for line in two.lines("alice", "a tape is ready")]
    return [tape for tape in tapes if tape.startswith(f"{dealer}/{dealer}/")]


def test_all_dealers_are_shown(two):
    owner = two.owner
    shown = owner.spud("device", "show", "demo", "--json").json
    assert [dealer["party"] for dealer in shown["dealers"]] == ["carol", "dora"]
    assert shown["dealer"]["party"] == "carol"
    text = owner.spud("device", "show", "demo").out
    assert "dealer    carol" in text and "dealer    dora" in text, text
    assert "carol or dora" in owner.spud("device", "list").out
    refused = owner.spud(
        "device", "create", "bad", "--parties", "alice,bob", "--dealer", "carol", "--dealer", "bob", expect=1
    )
    assert "bob" in refused.problem, refused.problem


def test_while_the_first_is_away_the_second_deals_live_and_for_stock(two):
    two.make(2)
    assert len(made_by(two, "carol")) == 2
    assert two.run("both-there", "live") is None
    assert two.cluster.tapes_of("both-there") and not two.cluster.tapes_of("both-there", "dora")

    two.cluster["carol"].stop()
    assert two.run("live", "live") is None
    assert two.cluster.tapes_of("live", "dora")
    two.make(1)
    assert len(made_by(two, "dora")) == 1
    assert two.ready() == 3
    # What carol made before serves while she is away, and so does what dora made.
    used = [two.run(f"run-{i}", "stock") for i in range(3)]
    assert sorted(str(tape).split("/", maxsplit=1)[0] for tape in used) == ["carol", "carol", "dora"], used

    # Nobody is left.
    two.cluster["dora"].stop()
    two.submit("nobody", "live")
    wait_until(lambda: "none of its dealers" in two.owner.show("nobody")["waiting"], lambda: two.owner.show("nobody"))
    two.cluster["dora"].start()
    assert two.finish("nobody")["state"] == "done"


def test_a_dealer_that_was_killed_fails_a_tape_and_the_other_makes_the_next(two):
    two.make(1)
    two.cluster["carol"].kill()
    # The scheduler does not know yet: it asks carol first, and then dora.
    two.make(1, "--no-wait")
    wait_until(lambda: two.ready() == 2, lambda: two.kind(), 60)
    assert len(made_by(two, "dora")) == 1
