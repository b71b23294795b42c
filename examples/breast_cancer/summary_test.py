# SPDX-License-Identifier: Apache-2.0
import summary

CHECK = {
    "test_patients": 114,
    "correct_secure": 110,
    "correct_plain": 111,
    "accuracy_secure": 110 / 114,
    "accuracy_plain": 111 / 114,
    "largest_weight_difference": 2.5e-4,
}
JOB = {
    "attempts": [
        {"number": 1, "reports": []},
        {
            "number": 2,
            "reports": [
                {"node": "alice", "measures": {"run_seconds": 1.5, "rounds": 700, "sent_bytes": 2e6}},
                {"node": "bob", "measures": {"run_seconds": 2.5, "rounds": 700, "sent_bytes": 2e6, "tape_bytes": 5e6}},
            ],
        },
    ]
}


def test_last_attempt_is_shown_with_the_slowest_node():
    text = summary.table(summary.rows(JOB, CHECK, [("push-x", 0.5), ("push-y", 0.25), ("fetch", 0.25)]))
    lines = {line[:28].strip(): line[28:].split() for line in text.splitlines()}
    assert lines["run"][:2] == ["2.500", "s"]
    assert lines["infeed"][:2] == ["0.750", "s"]
    assert lines["fetch"][:2] == ["0.250", "s"]
    assert lines["rounds"] == ["700"]
    assert lines["tape, bob"] == ["5.000", "MB"]
    assert "tape, alice" not in lines
    assert lines["accuracy, secure"][0] == "0.9649"


def test_seconds_are_read_in_order():
    assert summary.read_seconds("push 1.5\nrun 2\n") == [("push", 1.5), ("run", 2.0)]
