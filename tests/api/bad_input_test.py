"""Bad input of every kind: a clear error, and afterwards everything that ran still runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.desktop import Desktop
from harness.samples import DIAL_PAD, MESSAGES, quick_connect
from harness.world import World
from peer import talk

TRANSFER = {"channel": "Amazon", "topic": "InboundCall", "subtopic": "BlindTransfer", "source": "ui"}

#: Frames that cannot be matched to a request: INVALID_MESSAGE.
UNMATCHED: dict[str, str] = {
    "empty": "", "not JSON": "hello", "cut off": '{"channel":"Amazon"', "an array": "[]", "a number": "42",
    "null": "null", "comments": '{"channel":"Amazon" /* x */}', "trailing": json.dumps(TRANSFER) + "x",
    "no channel": json.dumps({k: v for k, v in TRANSFER.items() if k != "channel"}),
    "no topic": json.dumps({k: v for k, v in TRANSFER.items() if k != "topic"}),
    "no subtopic": json.dumps({k: v for k, v in TRANSFER.items() if k != "subtopic"}),
    "another channel": json.dumps({**TRANSFER, "channel": "Cisco"}),
    "an unknown topic": json.dumps({**TRANSFER, "topic": "Weather"}),
    "an unknown subtopic": json.dumps({**TRANSFER, "subtopic": "Teleport"}),
    "a topic of the wrong type": json.dumps({**TRANSFER, "topic": 7}),
    "a topic twice": '{"channel":"Amazon","topic":"InboundCall","topic":"Agent","subtopic":"Answer","source":"ui"}',
    "not a finite number": '{"channel":"Amazon","topic":"App","subtopic":"StateSync","source":"ui","data":NaN}',
}

QUICK = quick_connect("Sasi_Chime")

#: Blind transfers that are wrong in form: BLIND_TRANSFER_FAILED, and which field the text must name.
MALFORMED: dict[str, tuple[dict[str, Any], str]] = {
    "no source": ({k: v for k, v in TRANSFER.items() if k != "source"} | {"data": DIAL_PAD}, "source"),
    "an empty source": ({**TRANSFER, "source": " ", "data": DIAL_PAD}, "source"),
    "a source that is too long": ({**TRANSFER, "source": "x" * 129, "data": DIAL_PAD}, "source"),
    "an id that is a number": ({**TRANSFER, "data": DIAL_PAD, "id": 7}, "id"),
    "an id that is too long": ({**TRANSFER, "data": DIAL_PAD, "id": "x" * 129}, "id"),
    "no data": (TRANSFER, "data"),
    "data null": ({**TRANSFER, "data": None}, "data"),
    "data a number": ({**TRANSFER, "data": 12082097345}, "data"),
    "data an array": ({**TRANSFER, "data": [DIAL_PAD]}, "data"),
    "no type": ({**TRANSFER, "data": {**QUICK, "type": None}}, "type"),
    "an unknown type": ({**TRANSFER, "data": {**QUICK, "type": "external"}}, "type"),
    "no name": ({**TRANSFER, "data": {**QUICK, "name": " "}}, "name"),
    "no endpointARN": ({**TRANSFER, "data": {k: v for k, v in QUICK.items() if k != "endpointARN"}}, "endpointARN"),
    "no endpointId": ({**TRANSFER, "data": {k: v for k, v in QUICK.items() if k != "endpointId"}}, "endpointId"),
    "endpointId differs": ({**TRANSFER, "data": {**QUICK, "endpointId": QUICK["endpointARN"] + "0"}}, "endpoint"),
    "an ARN that is none": ({**TRANSFER, "data": {**QUICK, "endpointARN": "x", "endpointId": "x"}}, "endpoint"),
    "two keys that fold to one": ({**TRANSFER, "data": {**QUICK, "PHONENUMBER": "+19005550100"}}, "phonenumber"),
    "a number with letters": ({**TRANSFER, "data": {**QUICK, "phoneNumber": "+1657999HELP"}}, "phoneNumber"),
    "options no object": ({**TRANSFER, "data": DIAL_PAD, "options": "fast"}, "options"),
    "releaseOn unknown": ({**TRANSFER, "data": DIAL_PAD, "options": {"releaseOn": "never"}}, "releaseOn"),
    "ringTimeout too short": ({**TRANSFER, "data": DIAL_PAD, "options": {"ringTimeoutSeconds": 4}}, "ringTimeout"),
    "ringTimeout too long": ({**TRANSFER, "data": DIAL_PAD, "options": {"ringTimeoutSeconds": 121}}, "ringTimeout"),
    "ringTimeout a text": ({**TRANSFER, "data": DIAL_PAD, "options": {"ringTimeoutSeconds": "20"}}, "ringTimeout"),
    "onFailure unknown": ({**TRANSFER, "data": DIAL_PAD, "options": {"onFailure": ["pray"]}}, "onFailure"),
    "a note that is too long": ({**TRANSFER, "data": DIAL_PAD, "options": {"note": "x" * 2001}}, "note"),
    "attributes not text": ({**TRANSFER, "data": DIAL_PAD, "options": {"attributes": {"a": 1}}}, "attributes"),
    "attributes too large": ({**TRANSFER, "data": DIAL_PAD,
                              "options": {"attributes": {"a": "x" * 33000}}}, "attributes"),
}


async def asked(desktop: Desktop, text: str | bytes) -> dict[str, Any]:
    """The one refusal of what was sent: for the asker alone, not numbered."""
    before = len(desktop.seen("Error/ApiError"))
    await desktop.send_text(text)
    error = (await desktop.until(lambda: desktop.seen("Error/ApiError")[before:], f"the refusal of {text[:200]}"))[0]
    assert "sequence" not in error
    assert error["data"]["msg"] and error["data"]["errorMessage"]
    return error


async def test_what_cannot_be_matched_to_a_request(world: World):
    desktop = await world.desktop("agent1", state=None)
    for name, text in UNMATCHED.items():
        error = await asked(desktop, text)
        assert error["data"]["errorType"] == "INVALID_MESSAGE", f"{name}: {error}"
    printed = (MESSAGES / "blind-transfer-dialpad.raw.txt").read_text(encoding="utf-8")
    assert (await asked(desktop, printed))["data"]["errorType"] == "INVALID_MESSAGE"
    await desktop.publish("App", "StateSync", id="still here")
    await desktop.until(lambda: [e for e in desktop.events if e.get("id") == "still here"], "the reply to a good one")


async def test_a_blind_transfer_is_refused_by_its_own_error(world: World):
    """Its form is looked at before anything else; the reason is invalidMessage or invalidDestination."""
    talking = await world.talking("agent1")
    desktop = talking.desktop
    for name, (message, field) in MALFORMED.items():
        error = (await asked(desktop, json.dumps(message)))["data"]
        assert error["errorType"] == "BLIND_TRANSFER_FAILED", f"{name}: {error}"
        assert error["errorMessage"] == "Blind transfer failed."
        assert error["reason"] in ("invalidMessage", "invalidDestination"), f"{name}: {error}"
        assert field.lower() in error["msg"].lower(), f"{name}: {error['msg']}"
    assert not desktop.transfers() and not world.carrier.received("INVITE")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


OWN_ERRORS = [
    ("Agent", "UpdateState", None, "UPDATE_AGENT_STATE_FAILED"),
    ("Agent", "UpdateState", {"label": "Holiday", "code": "Holiday", "type": "not_routable"}, "AGENT_STATE_NOT_FOUND"),
    ("Agent", "SetNotReady", {}, "UPDATE_AGENT_STATE_FAILED"),
    ("Agent", "SetNotReady", {"ReasonCodeId": "Holiday"}, "AGENT_STATE_NOT_FOUND"),
    ("Agent", "Mute", None, "UPDATE_AGENT_STATE_FAILED"),
    ("InboundCall", "Answer", None, "ANSWER_CALL_FAILED"),
    ("InboundCall", "Reject", None, "REJECT_CALL_FAILED"),
    ("InboundCall", "Hold", None, "HOLD_CALL_FAILED"),
    ("InboundCall", "Resume", None, "RESUME_CALL_FAILED"),
    ("InboundCall", "SendDTMF", "12x", "SEND_DTMF_FAILED"),
    ("InboundCall", "SendDTMF", "1" * 33, "SEND_DTMF_FAILED"),
    ("InboundCall", "SetMakeCall", "1208", "MAKE_CALL_FAILED"),
    ("InboundCall", "Disconnect", None, "DISCONNECT_CALL_FAILED"),
    ("InboundCall", "ClearContact", None, "CLEAR_CONTACT_FAILED"),
    ("InboundCall", "BlindTransfer", DIAL_PAD, "BLIND_TRANSFER_FAILED"),
    ("InboundCall", "CancelTransfer", None, "CANCEL_TRANSFER_FAILED"),
    ("InboundCall", "MoveContact", {}, "MOVE_CONTACT_FAILED"),
    ("InboundCall", "Swap", None, "SWAP_CALL_FAILED"),
    ("InboundCall", "Transfer", None, "TRANSFER_CALL_FAILED"),
]


async def test_each_request_is_refused_by_its_own_error(world: World):
    desktop = await world.desktop("agent1", state=None)
    await desktop.login_agent(state=None)
    for number, (topic, subtopic, data, error_type) in enumerate(OWN_ERRORS):
        await desktop.publish(topic, subtopic, data, id=f"request-{number}")
        error = await desktop.expect("Error/ApiError")
        assert error["data"]["errorType"] == error_type, f"{topic}/{subtopic}: {error}"
        assert error["id"] == f"request-{number}"


async def test_frames_that_are_no_text_or_too_large(world: World):
    steady = await world.desktop("agent2", state=None)
    desktop = await world.desktop("agent1", state=None)
    for payload in (b"\x00\x01", b"", json.dumps({**TRANSFER, "data": DIAL_PAD}).encode()):
        error = await asked(desktop, payload)
        assert error["data"]["errorType"] == "INVALID_MESSAGE" and "text frame" in error["data"]["msg"], error
    error = await asked(desktop, json.dumps({**TRANSFER, "data": DIAL_PAD}))
    assert error["data"]["reason"] == "noActiveCall", "the connection is as good as before"
    for payload, code in (("x" * (10 * 1024 * 1024), 1009), ("x" * 65537, 1009)):
        desktop = await world.desktop("agent1", state=None)
        try:
            await desktop.send_text(payload)
        except Exception:  # noqa: BLE001: the server may close while we are still sending.
            pass
        assert await desktop.closed() in (code, 1006 if len(payload) > 1_000_000 else code)
    await steady.publish("App", "StateSync", id="still here")
    await steady.until(lambda: [e for e in steady.events if e.get("id") == "still here"], "the reply")


async def test_a_message_at_the_limit_is_read(world: World):
    desktop = await world.desktop("agent1", state=None)
    message = {**TRANSFER, "data": DIAL_PAD, "id": "big", "options": {"attributes": {}}}
    message["filler"] = "x" * (65536 - len(json.dumps(message)) - len(', "filler": ""'))
    text = json.dumps(message)
    assert len(text) == 65536
    await desktop.send_text(text)
    assert (await desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "noActiveCall"


async def test_invalid_utf_8(world: World):
    """In a text frame (RFC 6455, 8.1: 1007), and in HTTP."""
    desktop = await world.desktop("agent1", state=None)
    await desktop.socket.ensure_open()
    from websockets.frames import Frame, Opcode
    desktop.socket.transport.write(Frame(Opcode.TEXT, b'{"channel":"\xff\xfe"}').serialize(mask=True))
    assert await desktop.closed() == 1007
    rest = await world.rest("agent1")
    answer = await rest.post("/v1/messages", b'{"channel":"Amazon","topic":"App","subtopic":"StateSync","source":"\xff"}')
    assert answer.status == 400


async def test_deep_and_wide_json(world: World):
    desktop = await world.desktop("agent1", state=None)
    deep = '{"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"ui","data":' + \
        "[" * 10000 + "]" * 10000 + "}"
    assert (await asked(desktop, deep))["data"]["errorType"] in ("BLIND_TRANSFER_FAILED", "INVALID_MESSAGE")
    wide = {**TRANSFER, **{f"key{n}": n for n in range(3000)}}
    assert (await asked(desktop, json.dumps(wide)))["data"]["errorType"] in ("BLIND_TRANSFER_FAILED",
                                                                            "INVALID_MESSAGE")


async def test_texts_that_would_break_a_naive_printer(world: World):
    desktop = await world.desktop("agent1", state=None)
    evil = '"\\\n\u0000\u2028</script>\U0001F600'
    error = await asked(desktop, json.dumps({**TRANSFER, "source": "ui", "data": evil, "id": evil}))
    assert error["data"]["errorType"] == "BLIND_TRANSFER_FAILED"


@pytest.mark.config({"http.max_messages_per_second": 20})
async def test_a_flood_closes_its_own_connection_only(world: World):
    talking = await world.talking("agent1")
    flooder = await world.desktop("agent2", state=None)
    for number in range(200):
        if flooder.socket.closed:
            break
        try:
            await flooder.publish("App", "StateSync", id=str(number))
        except Exception:  # noqa: BLE001: closed in between.
            break
    assert await flooder.closed() == 1008
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


NOT_THERE = [
    ("GET", "/v1/nothing", 404), ("DELETE", "/v1/messages", 405), ("GET", "/v1/ws", 426),
    ("GET", "/v1/transfers/not-a-uuid", 404), ("GET", "/v1/transfers/00000000-0000-4000-8000-000000000000", 404),
    ("GET", "/v1/contacts/00000000-0000-4000-8000-000000000000", 404),
    ("GET", "/v1/transfers?cursor=nonsense", 400), ("GET", "/v1/transfers?from=yesterday", 400),
    ("GET", "/v1/../../etc/passwd", 404), ("GET", "/v1/%ff", 404),
]


async def test_http_requests_for_what_is_not(world: World):
    rest = await world.rest("agent1")
    for method, path, status in NOT_THERE:
        answer = await rest.request(method, path)
        assert answer.status == status, f"{path}: {answer.status} {answer.body[:200]!r}"
        body = answer.json()
        # At the address of messages it is one that cannot be matched to a request.
        told = ("INVALID_MESSAGE", "Message could not be processed.") if path == "/v1/messages" else (
            "NOT_PERMITTED", "Not permitted.")
        data = body.get("data", body)
        assert data["msg"] and (data["errorType"], data["errorMessage"]) == told, f"{path}: {body}"


async def test_an_http_body_of_ten_megabytes(world: World):
    rest = await world.rest("agent1")
    try:
        assert (await rest.post("/v1/messages", b"x" * (10 * 1024 * 1024))).status == 413
    except (BrokenPipeError, ConnectionResetError):
        """The server answered and closed before it had read all of it."""
    assert (await rest.get("/v1/agents")).status in (200, 403)
