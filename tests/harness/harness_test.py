"""The harness against itself, as far as it goes without a server."""

from __future__ import annotations

import tomllib
from pathlib import Path

from harness.config import merge, print_toml
from harness.desktop import Desktop
from harness.sanitizer import reporting_to, reports
from harness.server import Server
from harness.tls import contexts, make_certificate
from peer import Peer, talk


def test_overrides_name_keys_by_their_path():
    base = {"sip": {"listen": ["udp:127.0.0.1:5060"], "realm": "baton"}, "trunk": {"carrier": {"address": "x"}}}
    changed = merge(base, {"sip.listen": [], "trunk": {"carrier": {"address": "y"}, "other": {"address": "z"}},
                           "sip.realm": None})
    assert changed == {"sip": {"listen": []}, "trunk": {"carrier": {"address": "y"}, "other": {"address": "z"}}}
    assert base["sip"]["realm"] == "baton"


def test_what_is_printed_is_toml():
    table = {"a": 1, "b": {"c": "x\ny\"z", "d": [1, 2], "e": {"f-g": True}}}
    assert tomllib.loads(print_toml(table)) == table


def test_the_addresses_of_the_ready_line():
    assert Server._address("127.0.0.1:8080") == ("127.0.0.1", 8080)
    assert Server._address("http://127.0.0.1:8080") == ("127.0.0.1", 8080)


def test_a_gap_in_the_sequence_is_noticed():
    desktop = Desktop(("127.0.0.1", 1), "agent1", "token")
    desktop._check_sequence({"agent": "agent1", "epoch": "e", "sequence": 4, "subtopic": "StateSync"})
    desktop._check_sequence({"agent": "agent1", "epoch": "e", "sequence": 5, "subtopic": "SetAgentState"})
    desktop._check_sequence({"subtopic": "ApiError"})
    try:
        desktop._check_sequence({"agent": "agent1", "epoch": "e", "sequence": 7, "subtopic": "SetAgentState"})
    except AssertionError as error:
        assert "from 5 to 7" in str(error)
    else:
        raise AssertionError("the gap was not noticed")


def test_what_a_killed_process_reported_is_found(tmp_path):
    assert not reports(tmp_path)
    options = dict(one.split("=", 1) for one in reporting_to(tmp_path, "exitcode=66").split())
    assert options["exitcode"] == "66"
    Path(options["log_path"] + ".4711").write_text("WARNING: ThreadSanitizer: data race\n")  # The runtime adds its pid.
    assert reports(tmp_path) == ["WARNING: ThreadSanitizer: data race\n"]


async def test_a_call_over_tls(tmp_path):
    make_certificate(tmp_path)
    callee = await Peer("callee", "bob", ("127.0.0.1", 0), transport="tls", tls=contexts(tmp_path)).open()
    caller = await Peer("caller", "alice", callee.address, transport="tls", tls=contexts(tmp_path)).open()
    try:
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.answer()
        await talk(call, other)
        await call.hangup()
        await other.ended(by="them")
        caller.check()
        callee.check()
    finally:
        await caller.close()
        await callee.close()
