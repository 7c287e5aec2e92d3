"""The program's commands, as a shell sees them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket

import pytest

from harness import config
from harness.samples import DIAL_PAD
from harness.server import binary, die_with_parent, run
from harness.world import World


@pytest.mark.parametrize("command", ["serve", "check-config", "token", "send", "watch", "directory", "demo"])
async def test_every_command_explains_itself_with_an_example(command: str):
    code, out, _ = await run(command, "--help")
    assert code == 0 and "baton " in out, out
    assert "xample" in out


async def test_the_version():
    code, out, _ = await run("--version")
    assert code == 0 and out.startswith("baton ")


async def test_the_example_is_accepted():
    code, out, err = await run("check-config", str(config.EXAMPLE))
    assert code == 0, out + err


@pytest.mark.parametrize(("changes", "words"), [
    ({"http.listne": "127.0.0.1:1"}, ["listne"]),
    ({"http.listen": 8080}, ["http", "listen"]),
    ({"transfer.ring_timeout_seconds": 4}, ["ring_timeout_seconds", "5", "120"]),
    ({"sip.listen": ["sctp:127.0.0.1:5060"]}, ["sip", "listen"]),
    ({"sip.listen": ["udp:0.0.0.0:5060"]}, ["127.0.0.1"]),
    ({"trunk": {"carrier": {"address": None}}}, ["address"]),
    ({"colours": {"sky": "blue"}}, ["colours"]),
])
async def test_a_fault_in_the_configuration_is_named_with_its_place(tmp_path, changes, words):
    settings = config.merge(config.example(), changes)
    path = tmp_path / "baton.toml"
    path.write_text(config.print_toml(settings))
    code, out, err = await run("check-config", str(path))
    assert code != 0
    assert "baton.toml" in out + err
    for word in words:
        assert word in out + err, out + err


async def test_the_environment_overrides(world: World):
    port = socket.socket()
    port.bind(("127.0.0.1", 0))
    number = port.getsockname()[1]
    port.close()
    process = await asyncio.create_subprocess_exec(
        binary(), "serve", "--config", str(world.config_path),
        env={**os.environ, "BATON_HTTP_LISTEN": f"127.0.0.1:{number}", "BATON_HTTP_METRICS_LISTEN": "127.0.0.1:0",
             "BATON_SIP_LISTEN": "udp:127.0.0.1:0", "BATON_STORE_PATH": str(world.folder / "other.db"),
             "BATON_TRUNK_CARRIER_ADDRESS": "127.0.0.1:5099"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, preexec_fn=die_with_parent)
    line = (await asyncio.wait_for(process.stdout.readline(), 10)).decode()
    assert line.startswith(f"ready http=127.0.0.1:{number} sip=udp:127.0.0.1:"), line
    assert (world.folder / "other.db").exists()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_busy_port_is_told(world: World):
    """HTTP and SIP: the process ends, says which address, and what runs is not disturbed."""
    for variable, value in (("BATON_HTTP_LISTEN", "%s:%d" % world.server.http),
                            ("BATON_SIP_LISTEN", "udp:%s:%d" % world.server.sip["udp"])):
        env = {"BATON_HTTP_LISTEN": "127.0.0.1:0", "BATON_HTTP_METRICS_LISTEN": "127.0.0.1:0",
               "BATON_SIP_LISTEN": "udp:127.0.0.1:0", "BATON_STORE_PATH": str(world.folder / "busy.db"),
               variable: value}
        code, out, err = await run("serve", "--config", str(world.config_path), env=env)
        assert code == 1 and value.removeprefix("udp:") in err, err
        assert "ready" not in out


async def test_send_publishes_and_waits_for_the_outcome(world: World):
    talking = await world.talking("agent1")
    sending = asyncio.create_task(run("send", "--config", str(world.config_path), "--agent", "agent1",
                                      "--transfer", DIAL_PAD, "--wait",
                                      env={"BATON_HTTP_LISTEN": "%s:%d" % world.server.http}))
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    code, out, err = await sending
    assert code == 0, out + err
    assert "connected" in out
    await talking.customer.hangup()


async def test_send_tells_a_failure_by_its_exit_code(world: World):
    talking = await world.talking("agent1")
    message = json.dumps({"channel": "Amazon", "topic": "InboundCall", "subtopic": "BlindTransfer", "source": "cli",
                          "data": DIAL_PAD})
    sending = asyncio.create_task(run("send", "--config", str(world.config_path), "--agent", "agent1", "--wait", "-",
                                      stdin=message.encode(),
                                      env={"BATON_HTTP_LISTEN": "%s:%d" % world.server.http}))
    target = await world.carrier.incoming()
    await target.reject(486)
    code, out, err = await sending
    assert code not in (0, 2, 4), out + err
    assert "BLIND_TRANSFER_FAILED" in out + err or "failed" in out + err
    await talking.customer.hangup()


async def test_watch_prints_json_lines(world: World):
    process = await asyncio.create_subprocess_exec(
        binary(), "watch", "--config", str(world.config_path), "--agent", "agent1", "--json",
        env={**os.environ, "BATON_HTTP_LISTEN": "%s:%d" % world.server.http},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, preexec_fn=die_with_parent)
    first = json.loads(await asyncio.wait_for(process.stdout.readline(), 10))
    assert first["channel"] == "Amazon"
    await world.agent("agent1")
    while True:
        event = json.loads(await asyncio.wait_for(process.stdout.readline(), 10))
        if event["subtopic"] == "SetAgentState":
            break
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.wait(), 10)


async def test_the_directory_goes_out_and_in_again(world: World):
    env = {"BATON_HTTP_LISTEN": "%s:%d" % world.server.http}
    file = str(world.config_path)
    code, out, err = await run("directory", "export", "--config", file, env=env)
    assert code == 0, err
    exported = json.loads(out)
    assert "demo-agent1" not in out, "no passwords"
    exported["agents"][0]["name"] = "Agent Uno"
    path = world.folder / "changed.json"
    path.write_text(json.dumps(exported))
    code, out, err = await run("directory", "import", "--config", file, str(path), env=env)
    assert code == 0, out + err
    rest = await world.rest("supervisor1", "supervisor")
    assert "Agent Uno" in [a["name"] for a in (await rest.get("/v1/agents")).json()["items"]], "without a restart"
    phone = await world.phone("agent1")
    assert phone.sent("REGISTER"), "an account without password keeps the one it has"


async def test_a_directory_with_faults_changes_nothing(world: World):
    directory = config.example_directory()
    directory["queues"].append(dict(directory["queues"][0]))
    directory["agents"][1]["login"] = "agent1"
    directory["quickConnects"][0]["queue"] = "Sales"
    path = world.folder / "faulty.json"
    path.write_text(json.dumps(directory))
    code, out, err = await run("directory", "import", "--config", str(world.config_path), str(path),
                               env={"BATON_HTTP_LISTEN": "%s:%d" % world.server.http})
    assert code == 1, out + err
    for place in ("/queues/1/arn", "/agents/1/login", "/quickConnects/0/queue"):
        assert place in out + err, out + err
    talking = await world.talking("agent1")
    await talking.customer.hangup()
