"""The program's commands, as a shell sees them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal

import pytest

from harness import config
from harness.samples import DIAL_PAD, MESSAGES, arn
from harness.server import binary, die_with_parent, run
from harness.tools import preloadable
from harness.world import INBOUND, World
from peer import talk
from peer.ports import PORTS


@pytest.mark.parametrize("command", ["serve", "check-config", "token", "send", "watch", "directory", "directory import",
                                     "directory export", "directory list",
                                     "directory import-amazon-connect", "contacts", "contacts erase", "audit",
                                     "audit export", "demo"])
async def test_every_command_explains_itself_with_an_example(command: str):
    code, out, _ = await run(*command.split(), "--help")
    assert code == 0
    _, found, examples = out.partition("Example")
    assert found and f"baton {command} " in examples, out


async def test_the_program_lists_its_commands():
    code, out, _ = await run("--help")
    assert code == 0
    for command in ("serve", "check-config", "token", "send", "watch", "directory", "contacts", "audit", "demo"):
        assert re.search(rf"^  {command} +\S", out, re.MULTILINE), out


async def test_the_version():
    code, out, _ = await run("--version")
    assert code == 0 and out.startswith("baton ")


async def test_its_end_leaves_the_allocators_key_alone():
    """Debian's SIP library deletes a key that it never made; the allocator's thread then complained, now and then."""
    watch = str(preloadable(config.SOURCE / "tests" / "harness" / "watch_keys.c"))
    preload = ":".join(filter(None, (os.environ.get("LD_PRELOAD"), watch)))
    code, _, err = await run("--version", env={"LD_PRELOAD": preload})
    assert code == 0 and err == ""


async def test_the_example_is_accepted():
    code, out, err = await run("check-config", str(config.EXAMPLE))
    assert code == 0, out + err
    assert re.search(r"judged by libphonenumber 8\.12\.\d+", out), "the version of the numbers' metadata"


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
    assert re.search(rf"^{re.escape(str(path))}:\d+:\d+: ", out + err, re.MULTILINE), out + err
    for word in words:
        assert word in out + err, out + err
    code, started, refused = await run("serve", "--config", str(path))
    assert code == 2 and started == "" and refused.splitlines()[0] in (out + err).splitlines(), "nor does a server start"


async def test_an_empty_configuration_is_as_good_as_one_of_comments(tmp_path):
    for text in ("", "# Nothing.\n"):
        (tmp_path / "baton.toml").write_text(text)
        code, out, err = await run("check-config", str(tmp_path / "baton.toml"))
        assert code == 0, out + err


async def test_the_environment_overrides(world: World):
    number = PORTS.take()
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
    udp, tcp = ("%s:%d" % world.server.sip[transport] for transport in ("udp", "tcp"))
    for variable, value, busy in (("BATON_HTTP_LISTEN", "%s:%d" % world.server.http, "%s:%d" % world.server.http),
                                  ("BATON_HTTP_METRICS_LISTEN", "%s:%d" % world.metrics_address, "%s:%d" % world.metrics_address),
                                  ("BATON_SIP_LISTEN", f"udp:127.0.0.1:0,tcp:{tcp}", tcp),
                                  ("BATON_SIP_LISTEN", f"udp:{udp}", udp)):
        env = {"BATON_HTTP_LISTEN": "127.0.0.1:0", "BATON_HTTP_METRICS_LISTEN": "127.0.0.1:0",
               "BATON_SIP_LISTEN": "udp:127.0.0.1:0", "BATON_STORE_PATH": str(world.folder / "busy.db"),
               variable: value}
        code, out, err = await run("serve", "--config", str(world.config_path), env=env)
        assert code == 1 and busy in err, err
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
    states = [e["message"]["state"] for e in map(json.loads, out.splitlines())
              if e["subtopic"] == "TransferStateChange"]
    assert states == ["accepted", "dialing", "alerting", "alerting", "connected"], "each event on a line of its own"
    await talking.customer.hangup()


def at(world: World) -> dict[str, str]:
    return {"BATON_HTTP_LISTEN": "%s:%d" % world.server.http}


async def test_send_reads_a_message_from_standard_input(world: World):
    """The published sample of the queue, word for word; without --wait `accepted` is the good outcome."""
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    text = (MESSAGES / "blind-transfer-queue.json").read_bytes()
    code, out, err = await run("send", "--config", str(world.config_path), "--agent", "agent1", stdin=text,
                               env=at(world))
    assert code == 0, out + err
    assert [json.loads(line)["message"]["state"] for line in out.splitlines()] == ["accepted"]
    await receiver.offered()
    await talking.customer.hangup()


async def test_send_ends_with_1_where_the_request_is_refused(world: World):
    for more in ([], ["--wait"]):
        code, out, err = await run("send", "--config", str(world.config_path), "--agent", "agent1",
                                   "--transfer", DIAL_PAD, *more, env=at(world))
        assert code == 1, out + err
        assert json.loads(out)["data"]["errorType"] == "BLIND_TRANSFER_FAILED"


async def test_send_ends_with_3_where_the_customer_came_back(world: World):
    """Accepted, rung, refused, returned: everything went well, but not as it was asked for."""
    talking = await world.talking("agent1")
    sending = asyncio.create_task(run("send", "--config", str(world.config_path), "--agent", "agent1",
                                      "--transfer", "Sasi_Chime", "--wait", env=at(world)))
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.reject(486)
    await talking.desktop.offered()
    await talking.desktop.answer()
    back = await talking.agent.peer.incoming()
    await back.answered()
    code, out, err = await sending
    assert code == 3, out + err
    assert [e["data"]["reason"] for e in map(json.loads, out.splitlines()) if e["topic"] == "Error"] == ["busy"]
    await talking.customer.hangup()


async def test_send_ends_with_2_for_wrong_arguments_and_with_4_where_no_server_is(world: World):
    send = ["send", "--config", str(world.config_path), "--agent", "agent1"]
    for wrong in (["--transfer", DIAL_PAD, "--subtopic", "Hold"], ["--subtopic", "Hold", "--data", "{"]):
        code, out, err = await run(*send, *wrong, env=at(world))
        assert code == 2 and err and not out, out + err
    code, out, err = await run(*send, stdin=b"no message", env=at(world))
    assert code == 2 and "JSON" in err, out + err
    code, out, err = await run(*send, "--subtopic", "Hold", env={"BATON_HTTP_LISTEN": f"127.0.0.1:{PORTS.take()}"})
    assert code == 4 and err, out + err


async def test_send_by_name_tells_a_server_that_is_away_from_a_name_that_is_not_there(world: World):
    send = ["send", "--config", str(world.config_path), "--agent", "agent1", "--transfer"]
    code, out, err = await run(*send, "Sasi_Chime", env={"BATON_HTTP_LISTEN": f"127.0.0.1:{PORTS.take()}"})
    assert code == 4 and err and not out, out + err
    url = ["--url", "http://%s:%d" % world.server.http]
    code, out, err = await run(*send, "Sasi_Chime", *url, "--token", "of.somebody.else")
    assert code == 4 and "401" in err and not out, out + err
    code, out, err = await run(*send, "Nobody's", env=at(world))
    assert code == 1 and "no quick connect named" in err and not out, out + err
    send[send.index("agent1")] = "agent99"
    code, out, err = await run(*send, "Sasi_Chime", env=at(world))
    assert code == 1 and "agent99" in err and not out, out + err
    # An agent's own token may be asked for himself alone, also by his name.
    token = await world.token("agent1")
    for agent, reason in (("agent1", "noActiveCall"), ("agent2", None)):
        send[send.index("--agent") + 1] = agent
        code, out, err = await run(*send, "Sasi_Chime", *url, "--token", token)
        assert code == 1, out + err
        assert json.loads(out)["data"]["reason"] == reason if reason else "own quick connects only" in err, out + err


async def test_send_takes_as_long_an_id_as_the_server(world: World):
    send = ["send", "--config", str(world.config_path), "--agent", "agent1", "--topic", "Agent", "--subtopic", "Login"]
    code, out, err = await run(*send, "--id", "x" * 128, env=at(world))
    assert code == 0, out + err
    for stdin, more in ((None, ["--id", "x" * 129]),
                        (json.dumps({"channel": "Amazon", "topic": "Agent", "subtopic": "Login", "source": "t",
                                     "id": "x" * 129}).encode(), None)):
        arguments = [*send, *more] if more else send[:send.index("--topic")]
        code, out, err = await run(*arguments, stdin=stdin, env=at(world))
        assert code == 2 and "id is 129 bytes long" in err and not out, out + err


async def test_send_refuses_a_key_that_is_there_twice(world: World):
    """The server refuses it, too, but under the first id: nothing would tell that the refusal is ours."""
    envelope = '"channel":"Amazon","topic":"Agent","subtopic":"Login","source":"t"'
    for text, place in ((f'{{{envelope},"id":"a","id":"b"}}', "/id"), (f'{{{envelope},"data":{{"a":1,"a":2}}}}', "/data/a")):
        code, out, err = await run("send", "--config", str(world.config_path), stdin=text.encode(), env=at(world))
        assert code == 2 and not out, (text, out + err)
        assert f"{place}: the key" in err and "given twice" in err, err


@pytest.mark.config({"http.max_frame_bytes": 2048})
async def test_send_tells_a_message_that_is_too_large(world: World):
    """It is refused, and no server that is away."""
    async def send(characters: int) -> tuple[int, str, str]:
        return await run("send", "--config", str(world.config_path), "--agent", "agent1", "--topic", "InboundCall",
                         "--subtopic", "BlindTransfer", "--data", json.dumps("x" * characters), env=at(world))
    code, out, err = await send(3000)
    assert code == 1 and not out, out + err
    assert re.search(r"the message has 3\d\d\d bytes.*http\.max_frame_bytes", err), err
    code, out, err = await send(1000)
    assert code == 1 and json.loads(out)["data"]["reason"] == "invalidDestination", out + err


@pytest.mark.config({"limits.service_requests_per_second": 1})
async def test_watch_comes_back_from_too_many_requests(world: World):
    """Another command of the same login has used up what it may ask in this second."""
    beside = await world.rest("baton-command-line", "service")
    while (await beside.get("/v1/queues")).status != 429:
        pass
    process = await asyncio.create_subprocess_exec(
        binary(), "watch", "--config", str(world.config_path), "--agent", "agent1", "--json", env={**os.environ, **at(world)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, preexec_fn=die_with_parent)
    first = await asyncio.wait_for(process.stdout.readline(), 20)
    assert first and json.loads(first)["channel"] == "Amazon", await process.stderr.read()
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 10) == 130


@pytest.mark.config({"limits.service_requests_per_second": 1})
async def test_send_does_not_call_refused_what_only_its_own_question_was(world: World):
    """Two at once are let through: the connection and the request, but not the question whether that was answered."""
    async with asyncio.timeout(30):
        while True:
            code, out, err = await run("send", "--config", str(world.config_path), "--agent", "agent1", "--topic",
                                       "Agent", "--subtopic", "Login", env=at(world))
            if code != 0:
                break
            await asyncio.sleep(2)  # The program took a second to start; now there is room for two again.
    assert code == 5 and "cannot be told" in err and "ApiError" not in out, out + err


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
    assert code == 3, out + err
    events = [json.loads(line) for line in out.splitlines()]
    assert [e["message"]["state"] for e in events if e["subtopic"] == "TransferStateChange"] == ["accepted", "dialing", "failed"]
    assert [e["data"]["errorType"] for e in events if "data" in e] == ["BLIND_TRANSFER_FAILED"]
    await talking.customer.hangup()


async def test_send_again_with_its_id_tells_what_became_of_the_transfer(world: World):
    """Its last event is told once more, and nothing is transferred again."""
    talking = await world.talking("agent1")
    send = ("send", "--config", str(world.config_path), "--agent", "agent1", "--transfer", DIAL_PAD, "--wait", "--id", "t1")
    sending = asyncio.create_task(run(*send, env=at(world)))
    target = await world.carrier.incoming()
    await target.reject(486)
    code, out, err = await sending
    assert code == 3, out + err
    code, out, err = await run(*send, env=at(world))
    assert code == 3 and "is failed" in err, out + err
    assert json.loads(out)["message"]["state"] == "failed", "no error is told again"
    sending = asyncio.create_task(run(*send[:-1], "t2", env=at(world)))
    target = await world.carrier.incoming()
    await target.answer()
    code, out, err = await sending
    assert code == 0, out + err
    assert (await run(*send[:-1], "t2", env=at(world)))[0] == 0
    await talking.customer.hangup()
    await world.no_leg_is_left()
    code, _, err = await run(*send[:-1], "t2", env=at(world))
    assert code == 0 and "is completed" in err, err


async def send_and_wait(world: World, subtopic: str, *more: str, topic: str = "InboundCall") -> tuple[int, list[dict], str]:
    """`send --wait` for agent1: its exit code, the events that it printed, and standard error."""
    code, out, err = await run("send", "--config", str(world.config_path), "--agent", "agent1", "--wait", "--topic", topic,
                               "--subtopic", subtopic, *more, env=at(world))
    return code, [json.loads(line) for line in out.splitlines()], err


async def test_send_waits_until_the_customer_is_on_hold_and_back(world: World):
    talking = await world.talking("agent1")
    code, events, err = await send_and_wait(world, "Hold")
    assert code == 0 and [e["message"]["call"]["event"] for e in events] == ["hold", "hold"], (events, err)
    code, events, err = await send_and_wait(world, "Resume")
    assert code == 0 and [e["message"]["call"]["event"] for e in events] == ["connected", "connected"], (events, err)
    talking.customer.refuse_reinvites.append(488)
    code, events, err = await send_and_wait(world, "Hold")
    assert code == 1 and events[-1]["data"]["errorType"] == "HOLD_CALL_FAILED", (events, err)
    await talking.customer.hangup()


async def test_send_waits_until_the_agent_is_muted(world: World):
    talking = await world.talking("agent1")
    for subtopic, muted in (("Mute", True), ("Unmute", False)):
        code, events, err = await send_and_wait(world, subtopic, topic="Agent")
        assert code == 0 and [e["message"]["data"]["muted"] for e in events] == [muted], (events, err)
    talking.agent.refuse_reinvites.append(488)
    code, events, err = await send_and_wait(world, "Mute", topic="Agent")
    assert code == 1 and events[-1]["data"]["errorType"] == "UPDATE_AGENT_STATE_FAILED", (events, err)
    await talking.customer.hangup()


async def test_send_waits_until_the_call_that_was_answered_is_connected(world: World):
    desktop, phone = await world.agent("agent1")
    customer = await (await world.customer()).call(INBOUND)
    await desktop.offered()
    sending = asyncio.create_task(send_and_wait(world, "Answer"))
    leg = await phone.incoming()
    code, events, err = await sending
    assert code == 0 and events[-1]["message"]["call"]["event"] == "connected", (events, err)
    await talk(customer, leg)
    await customer.hangup()


async def test_send_ends_with_3_where_the_customer_hangs_up_before_the_phone_picks_up(world: World):
    desktop, phone = await world.agent("agent1")
    phone.answers_when_told = False
    customer = await (await world.customer()).call(INBOUND, wait=True)
    await desktop.offered()
    sending = asyncio.create_task(send_and_wait(world, "Answer", "--timeout", "20"))
    leg = await phone.incoming()
    await leg.ring()
    await customer.hangup()
    code, events, err = await sending
    assert code == 3 and events[-1]["message"]["call"]["event"] == "Dropped", (events, err)


async def test_send_waits_until_the_number_that_was_called_answers(world: World):
    """That it is being called is told at once, and is not it."""
    _, phone = await world.agent("agent1")
    calling = ("SetMakeCall", "--data", json.dumps(DIAL_PAD))
    sending = asyncio.create_task(send_and_wait(world, *calling))
    await (await phone.incoming()).answered()
    await (await world.carrier.incoming()).reject(486)
    code, events, err = await sending
    assert code == 1, (events, err)
    assert [e["data"]["reason"] for e in events if e["topic"] == "Error"] == ["busy"]
    sending = asyncio.create_task(send_and_wait(world, *calling))
    await (await phone.incoming()).answered()
    called = await world.carrier.incoming()
    await called.answer()
    code, events, err = await sending
    legs = [e["message"]["call"] for e in events if e["subtopic"] == "InboundCallStateChange"]
    assert code == 0 and (legs[-1]["event"], legs[-1]["CallType"]) == ("connected", "outbound"), (events, err)
    await called.hangup()


async def test_send_again_with_its_id_tells_what_the_first_one_brought_about(world: World):
    """The server does nothing again and tells nothing again, and what it told then is still kept."""
    talking = await world.talking("agent1")
    code, first, err = await send_and_wait(world, "Hold", "--id", "h1")
    assert code == 0, (first, err)
    await talking.desktop.publish("InboundCall", "Resume")
    await talking.desktop.call_event("connected", "inbound")
    code, again, err = await send_and_wait(world, "Hold", "--id", "h1")
    assert code == 0 and again == first, (again, err)
    assert (await talking.desktop.sync())["calls"][1]["status"] == "connected", "he is not held again"
    await talking.customer.hangup()


@pytest.mark.config({"http.replay_events": 1})
async def test_send_again_with_an_id_whose_events_are_gone_says_so(world: World):
    talking = await world.talking("agent1")
    assert (await send_and_wait(world, "Hold", "--id", "h1"))[0] == 0
    await talking.desktop.publish("InboundCall", "Resume")
    await talking.desktop.call_event("connected", "inbound")
    code, events, err = await send_and_wait(world, "Hold", "--id", "h1")
    assert code == 5 and events == [] and "not kept any more" in err, (events, err)
    await talking.customer.hangup()


async def test_send_understands_the_envelope_as_the_server_does(world: World):
    """Keys without regard to case and blanks, null as absent (docs/message-api.md, Envelopes)."""
    message = {"channel": "Amazon", "topic": "InboundCall", "subtopic": "BlindTransfer", "source": "cli", "data": DIAL_PAD}

    async def send(more: dict, *arguments: str) -> tuple[int, str, str]:
        return await run("send", "--config", str(world.config_path), *arguments, stdin=json.dumps({**message, **more}).encode(),
                         env=at(world))
    for more in ({"id": None}, {"id": None, "agent": None}, {" ID ": "a1"}, {"id": "a2", "Agent": "agent1"}):
        code, out, err = await send(more, "--agent", "agent1")
        assert code == 1, (more, out + err)
        assert json.loads(out)["data"]["reason"] == "noActiveCall", (more, out + err)
    code, out, err = await send({"Agent": "agent1"})
    assert code == 1 and json.loads(out)["data"]["reason"] == "noActiveCall", out + err
    for wrong in ({"id": 5}, {"id": "a", "Id": "b"}, {"agent": ["agent1"]}):
        code, out, err = await send(wrong, "--agent", "agent1")
        assert code == 2 and not out and "a text is expected" in err, (wrong, out + err)
    talking = await world.talking("agent1")
    sending = asyncio.create_task(send({"ID": "t1", "Agent": "agent1"}, "--wait"))
    target = await world.carrier.incoming()
    await target.answer()
    code, out, err = await sending
    assert code == 0 and json.loads(out.splitlines()[-1])["message"]["state"] == "connected", out + err
    await talking.customer.hangup()


async def test_what_could_not_be_written_is_not_called_done(world: World):
    for command in (("directory", "export"), ("directory", "list"), ("token", "--agent", "agent1")):
        with open("/dev/full", "wb") as full:
            process = await asyncio.create_subprocess_exec(
                binary(), *command, "--config", str(world.config_path), stdout=full, stderr=asyncio.subprocess.PIPE,
                preexec_fn=die_with_parent)
            _, err = await process.communicate()
        assert process.returncode == 1 and b"cannot be written" in err, (command, err)


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


async def test_watch_is_for_people_on_a_terminal(world: World):
    terminal, end = os.openpty()
    process = await asyncio.create_subprocess_exec(
        binary(), "watch", "--config", str(world.config_path), "--agent", "agent1", env={**os.environ, **at(world)},
        stdout=end, stderr=asyncio.subprocess.PIPE, preexec_fn=die_with_parent)
    os.close(end)
    shown = b""

    async def until(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            shown += await asyncio.wait_for(asyncio.to_thread(os.read, terminal, 4096), 10)
    await until(b"LoggedOut")
    await world.talking("agent1")
    await until(b"Busy")
    assert re.search(rb"\d\d:\d\d:\d\d\.\d{3}", shown) and b"{" not in shown, shown
    process.send_signal(signal.SIGINT)
    _, notes = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 130
    assert b"\033[" in shown and b"-- following" in notes and b"\033[" not in notes, "notes go to a file here"
    os.close(terminal)


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
    code, out, err = await run("directory", "list", "--config", file, env=env)
    assert code == 0, err
    for words in (("agent", "agent1", "Agent Uno"), ("queue", "CallSummary-HVOC-Queue"),
                  ("routing profile", "CallSummary"), ("quick connect", "Sasi_Chime", "+16579994374"),
                  ("number", "+18005550100")):
        assert re.search(rf"^{' +'.join(map(re.escape, words))}\b", out, re.MULTILINE), out


async def test_a_running_server_takes_a_directory_at_once(world: World):
    """A new agent signs in and registers, a new number leads to a new queue, and the call that is up goes on."""
    talking = await world.talking("agent1")
    directory = config.example_directory()
    directory["queues"].append({"arn": arn("queue", 2), "name": "Billing"})
    directory["routingProfiles"].append({"arn": arn("routing-profile", 2), "name": "Billing",
                                         "queues": [{"queue": "Billing"}]})
    directory["agents"].append({"login": "agent5", "name": "Agent Five", "routingProfile": "Billing",
                                "password": "demo-agent5"})
    directory["inboundNumbers"].append({"number": "+18005550105", "queue": "Billing"})
    refused = await (await world.customer()).call("+18005550105")
    await refused.refused(404)
    path = world.folder / "more.json"
    path.write_text(json.dumps(directory))
    code, out, err = await run("directory", "import", "--config", str(world.config_path), str(path), env=at(world))
    assert code == 0 and "running server" in out, out + err
    desktop, phone = await world.agent("agent5")
    call = await (await world.customer()).call("+18005550105", wait=True)
    assert (await desktop.offered())["ResponseFields"]["MediaProperties"]["queueName"] == "Billing"
    await desktop.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    await talk(talking.customer, talking.agent)
    await call.hangup()
    await talking.customer.hangup()


async def test_a_directory_goes_into_the_store_of_a_server_that_does_not_run(tmp_path):
    settings = config.merge(config.example(), {"store.path": str(tmp_path / "baton.db"),
                                               "http.listen": f"127.0.0.1:{PORTS.take()}"})
    file = tmp_path / "baton.toml"
    file.write_text(config.print_toml(settings))
    code, out, err = await run("directory", "list", "--config", str(file))
    assert code == 1 and "baton directory import" in err, out + err
    code, out, err = await run("directory", "import", "--config", str(file), str(config.EXAMPLE_DIRECTORY))
    assert code == 0 and "not running" in out, out + err
    code, out, err = await run("directory", "list", "--config", str(file))
    assert code == 0 and "Sasi_Chime" in out, out + err
    stored = b"".join(p.read_bytes() for p in tmp_path.glob("baton.db*"))
    assert b"demo-agent1" not in stored and b"argon2id" in stored, "a slow hash and HA1, not the password"
    ha1 = hashlib.md5(f"agent1:{settings['sip'].get('realm', 'baton')}:demo-agent1".encode()).hexdigest()
    assert ha1.encode() in stored or bytes.fromhex(ha1) in stored


async def test_the_examples_passwords_are_refused_outside_loopback(tmp_path):
    settings = config.merge(config.example(), {
        "store.path": str(tmp_path / "baton.db"), "http.listen": "127.0.0.1:0", "http.metrics_listen": "127.0.0.1:0",
        "auth.jwt_secret_file": str(tmp_path / "jwt-secret"),
        "store.initial_directory": str(config.EXAMPLE_DIRECTORY), "sip.listen": ["udp:0.0.0.0:0"], "sip.media_address": "127.0.0.1",
        "trunk": {"carrier": {"sources": ["127.0.0.1:5090"]}}})
    file = tmp_path / "baton.toml"
    file.write_text(config.print_toml(settings))
    code, out, err = await run("serve", "--config", str(file))
    assert code == 1 and "example's password" in err and "ready" not in out, out + err


async def test_a_directory_with_faults_changes_nothing(world: World):
    directory = config.example_directory()
    directory["queues"].append(dict(directory["queues"][0]))
    directory["agents"][1]["login"] = "agent1"
    directory["quickConnects"][0]["queue"] = "Sales"
    path = world.folder / "faulty.json"
    path.write_text(json.dumps(directory))
    export = ["directory", "export", "--config", str(world.config_path)]
    before = await run(*export, env=at(world))
    code, out, err = await run("directory", "import", "--config", str(world.config_path), str(path),
                               env={"BATON_HTTP_LISTEN": "%s:%d" % world.server.http})
    assert code == 1, out + err
    for place in ("/queues/1/arn", "/agents/1/login", "/quickConnects/0/queue"):
        assert place in out + err, out + err
    assert await run(*export, env=at(world)) == before
    talking = await world.talking("agent1")
    await talking.customer.hangup()
