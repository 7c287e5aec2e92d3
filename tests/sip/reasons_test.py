"""Every `reason` of the API is reached by a named test. Most are reached elsewhere; the rest is here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from harness.config import SOURCE
from harness.marks import with_directory
from harness.samples import DIAL_PAD, SASI, arn, quick_connect
from harness.world import INBOUND, World
from peer import talk

#: Where each reason is reached: file and test.
REACHED = {
    "noActiveCall": "sip/reasons_test.py::test_no_call",
    "callNotOwned": "sip/reasons_test.py::test_the_call_of_another",
    "ambiguousCall": "sip/reasons_test.py::test_which_transfer",
    "transferInProgress": "sip/repeats_test.py::test_another_destination_while_one_runs_is_refused",
    "invalidMessage": "api/bad_input_test.py::test_a_blind_transfer_is_refused_by_its_own_error",
    "invalidDestination": "sip/reasons_test.py::test_a_number_with_letters",
    "destinationNotFound": "sip/reasons_test.py::test_an_arn_of_another_instance",
    "destinationNotPermitted": "sip/reasons_test.py::test_a_quick_connect_that_is_not_his",
    "optionNotSupported": "sip/reasons_test.py::test_an_option_that_a_queue_cannot_honour",
    "notSupported": "sip/reasons_test.py::test_what_is_published_and_not_built_yet",
    "queueClosed": "sip/routing_test.py::test_a_closed_queue_is_refused_and_the_agent_keeps_the_customer",
    "queueFull": "sip/routing_test.py::test_a_full_queue_is_refused",
    "noAgentStaffed": "sip/routing_test.py::test_a_queue_without_agents_is_refused",
    "agentUnavailable": "sip/reasons_test.py::test_an_agent_who_is_not_there",
    "busy": "sip/target_fails_test.py::test_it_refuses_before_it_rings",
    "rejected": "sip/target_fails_test.py::test_it_refuses_before_it_rings",
    "noAnswer": "sip/target_fails_test.py::test_it_does_not_answer_in_time",
    "numberNotFound": "sip/target_fails_test.py::test_a_183_is_no_ringing",
    "carrierUnavailable": "sip/target_fails_test.py::test_it_refuses_before_it_rings",
    "mediaNotAcceptable": "sip/target_fails_test.py::test_488_twice_is_a_failure",
    "customerHungUp": "sip/hang_up_test.py::test_the_customer_while_the_target_rings",
    "canceled": "sip/cancel_transfer_test.py::test_while_it_rings_after_the_release",
    "backendRefused": "sip/target_fails_test.py::test_it_refuses_before_it_rings",
    "backendUnavailable": "api/bad_disk_test.py::test_nothing_is_acknowledged_that_is_not_in_the_journal",
    "timeout": "sip/routing_test.py::test_the_wait_runs_out_and_he_comes_back",
    "numberNotPossible": "sip/reasons_test.py::test_a_number_that_cannot_exist",
    "countryNotAllowed": "sip/reasons_test.py::test_a_country_that_is_not_allowed",
    "premiumRateBlocked": "sip/reasons_test.py::test_a_premium_rate_number",
    "rateLimited": "sip/reasons_test.py::test_more_numbers_than_an_agent_may_dial",
    "idempotencyConflict": "sip/repeats_test.py::test_the_same_id_with_other_content_is_a_conflict",
}

#: A fault of our own, which no input is known to cause: reached by one that is planted into the core.
BY_A_PLANTED_FAULT = {
    "internal": "simulation/internal_reason_test.cpp::AFaultOfOurs, IsToldAsInternal",
}


def test_every_reason_has_its_test():
    header = (SOURCE / "src" / "message" / "request.hpp").read_text()
    body = re.search(r"enum class Reason.*?\{(.*?)\};", header, re.DOTALL)
    assert body
    reasons = {name for name in re.findall(r"^\s*(\w+),", body.group(1), re.MULTILINE)} - {"none"}
    assert reasons == set(REACHED) | set(BY_A_PLANTED_FAULT)
    assert not set(REACHED) & set(BY_A_PLANTED_FAULT)


@pytest.mark.parametrize("reason", sorted(REACHED))
def test_the_named_test_is_there(reason: str):
    """And speaks of the reason itself, or by a table of its file."""
    file, _, name = REACHED[reason].partition("::")
    module = ast.parse((Path(__file__).parents[1] / file).read_text())
    test = next((n for n in module.body if isinstance(n, ast.AsyncFunctionDef) and n.name == name), None)
    assert test, f"{file} has no {name}"
    used = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)}
    tables = [n for n in module.body if isinstance(n, ast.Assign) and used & {getattr(t, "id", "") for t in n.targets}]
    said = {n.value for part in [test, *tables] for n in ast.walk(part) if isinstance(n, ast.Constant)}
    assert reason in said, f"{name} does not speak of {reason}"


@pytest.mark.parametrize("reason", sorted(BY_A_PLANTED_FAULT))
def test_the_named_test_of_a_planted_fault_is_there(reason: str):
    file, _, name = BY_A_PLANTED_FAULT[reason].partition("::")
    text = (Path(__file__).parents[1] / file).read_text()
    assert f"TEST_F({name})" in text and f"Reason::{reason}" in text


async def held_and_back(talking) -> None:
    """From the desktop, which goes the way of a transfer: the journal, the back end, the parties, and their answers."""
    for request, event in (("Hold", "hold"), ("Resume", "connected")):
        talking.desktop.forget()
        await talking.desktop.publish("InboundCall", request)
        await talking.desktop.call_event(event, "inbound")


async def refused(world: World, talking, reason: str) -> dict:
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == reason and error["errorMessage"] == "Blind transfer failed."
    assert error["msg"] and "transferId" not in error
    await world.carrier.expect_no("INVITE", until=held_and_back(talking))
    assert not talking.desktop.transfers() and not world.carrier.received("INVITE")
    return error


async def test_no_call(world: World):
    desktop, _ = await world.agent("agent1")
    await desktop.blind_transfer(DIAL_PAD)
    assert (await desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "noActiveCall"
    customer = await (await world.customer()).call(INBOUND, wait=True)
    await desktop.offered()
    await desktop.blind_transfer(DIAL_PAD)
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "noActiveCall", "an offer is no active call"
    assert "customerLocation" not in error, "the customer is in the queue"
    await customer.hangup()


async def test_the_call_of_another(world: World):
    talking = await world.talking("agent1")
    other = await world.talking("agent2")
    await other.desktop.blind_transfer(DIAL_PAD, contactId=talking.contact_id)
    assert (await other.desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "callNotOwned"
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()
    await other.customer.hangup()


async def test_which_transfer(world: World):
    """Two of his transfers run at once: the first is released and rings, the second is of his next call."""
    talking = await world.talking("agent1")
    desktop = talking.desktop
    await desktop.blind_transfer(DIAL_PAD)
    first = await world.carrier.incoming()
    await first.ring()
    await desktop.call_event("ACW", "agent")
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")
    again = await world.talking("agent1", at_work=(desktop, talking.agent.peer))
    await desktop.blind_transfer(SASI)
    second = await world.carrier.incoming()
    await second.ring()
    await desktop.transfer("accepted")
    await desktop.publish("InboundCall", "CancelTransfer")
    assert (await desktop.error("CANCEL_TRANSFER_FAILED"))["reason"] == "ambiguousCall"
    await first.answer()
    await second.answer()
    await talk(talking.customer, first)
    await talk(again.customer, second)
    await talking.customer.hangup()
    await again.customer.hangup()


async def test_a_number_with_letters(world: World):
    talking = await world.talking("agent1")
    for number in ("+1208CALLME", "12082097345", "+0123", "+" + "9" * 16, "", "sip:+12082097345@example.com"):
        talking.desktop.events.clear()
        talking.desktop.taken.clear()
        await talking.desktop.blind_transfer(number)
        await refused(world, talking, "invalidDestination")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_an_arn_of_another_instance(world: World):
    talking = await world.talking("agent1")
    other = quick_connect("Sasi_Chime")["endpointARN"].replace("a4c52a8c", "ffffffff")
    await talking.desktop.blind_transfer(quick_connect("Sasi_Chime", endpointARN=other, endpointId=other))
    error = await refused(world, talking, "destinationNotFound")
    assert "endpointARN" in error["msg"]
    await talking.customer.hangup()


async def test_a_tampered_number_is_refused(world: World):
    """The directory's number wins; a message that names another must not dial elsewhere."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(quick_connect("Sasi_Chime", phoneNumber="+19005550100"))
    await refused(world, talking, "invalidDestination")
    await talking.customer.hangup()


def private_quick_connect(directory):
    directory["queues"].append({**directory["queues"][0], "arn": arn("queue", 3), "name": "Directors"})
    directory["quickConnects"].append({"arn": arn("transfer-destination", 3), "name": "The director",
                                       "type": "phone_number", "phoneNumber": "+12025550142",
                                       "shownBy": ["Directors"]})


@with_directory(private_quick_connect)
async def test_a_quick_connect_that_is_not_his(world: World):
    talking = await world.talking("agent1")
    target = arn("transfer-destination", 3)
    await talking.desktop.blind_transfer({"endpointARN": target, "endpointId": target, "type": "phone_number",
                                          "name": "The director", "phoneNumber": "+12025550142"})
    await refused(world, talking, "destinationNotPermitted")
    await talking.customer.hangup()


def no_dial_pad(directory):
    directory["agents"][0]["allowedDestinations"] = {"dialPad": False}


@with_directory(no_dial_pad)
async def test_a_kind_of_destination_that_is_not_his(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    await refused(world, talking, "destinationNotPermitted")
    await talking.desktop.blind_transfer(quick_connect("Sasi_Chime"))
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talking.customer.hangup()


async def test_a_number_that_cannot_exist(world: World):
    """Too short or too long for its country, a country code that nobody has, a range that nobody has."""
    talking = await world.talking("agent1")
    for number in ("+1208209734", "+120820973455", "+999123456", "+15550000001"):
        talking.desktop.events.clear()
        talking.desktop.taken.clear()
        await talking.desktop.blind_transfer(number)
        error = await refused(world, talking, "numberNotPossible")
        assert number in error["msg"]
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_a_country_that_is_not_allowed(world: World):
    """The example allows the United States and Canada: +1 809 has their country code, and is neither."""
    talking = await world.talking("agent1")
    for number, country in (("+442079460000", "GB"), ("+18095551234", "DO")):
        talking.desktop.events.clear()
        talking.desktop.taken.clear()
        await talking.desktop.blind_transfer(number)
        error = await refused(world, talking, "countryNotAllowed")
        assert country in error["msg"] and "dialing.allowed_countries" in error["msg"]
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_a_premium_rate_number(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer("+19005550100")
    error = await refused(world, talking, "premiumRateBlocked")
    assert "premium_rate" in error["msg"] and error["retryable"] is False
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


@pytest.mark.config({"dialing.allowed_prefixes": ["+1900555"], "dialing.blocked_prefixes": ["+12082"]})
async def test_prefixes_come_first(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    error = await refused(world, talking, "destinationNotPermitted")
    assert "+12082" in error["msg"]
    await talking.desktop.blind_transfer("+19005550100")
    target = await world.carrier.incoming()
    assert target.invite.uri.user == "+19005550100"
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


def paid_quick_connect(directory):
    next(q for q in directory["quickConnects"] if q["name"] == "Sasi_Chime")["phoneNumber"] = "+19005550100"


@with_directory(paid_quick_connect)
async def test_a_quick_connect_is_held_to_the_dial_policy(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(quick_connect("Sasi_Chime", phoneNumber="+19005550100"))
    await refused(world, talking, "premiumRateBlocked")
    await talking.customer.hangup()


async def test_the_transfer_key_is_held_to_the_dial_policy(world: World):
    talking = await world.talking("agent1")
    await talking.agent.refer("+19005550100")
    await refused(world, talking, "premiumRateBlocked")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_calls_are_held_to_the_dial_policy(world: World):
    """SetMakeCall, and what the agent dials on his phone."""
    desktop, phone = await world.agent("agent1")
    await desktop.publish("InboundCall", "SetMakeCall", "+19005550100")
    assert (await desktop.error("MAKE_CALL_FAILED"))["reason"] == "premiumRateBlocked"
    call = await phone.call("+19005550100")
    await call.refused(403)
    call = await phone.call("+1208209734")
    await call.refused(404)
    call = await phone.call(DIAL_PAD)
    called = await world.carrier.incoming()
    assert called.invite.uri.user == DIAL_PAD, "the first that the carrier is asked for is the one that he may call"
    await called.answer()
    await call.answered()
    await call.hangup()


@pytest.mark.config({"dialing.max_per_agent_per_minute": 2})
async def test_more_numbers_than_an_agent_may_dial(world: World):
    talking = await world.talking("agent1")
    limited = None
    # The clock's minute may turn between any two of them, so that a third is let through.
    for attempt in range(5):
        await talking.desktop.blind_transfer(DIAL_PAD, id=f"t-{attempt}")
        outcome = await talking.desktop.until(
            lambda i=f"t-{attempt}": next((e for e in talking.desktop.events if e.get("id") == i and (
                e["topic"] == "Error" or e["message"].get("state") == "dialing")), None), "dialled or refused")
        if outcome["topic"] == "Error":
            limited = outcome["data"]
            break
        target = await world.carrier.incoming()
        await target.reject(486)
        await talking.desktop.transfer("failed")
        talking.desktop.events.clear()
        talking.desktop.taken.clear()
    assert limited is not None and attempt >= 2
    assert limited["reason"] == "rateLimited" and limited["retryable"] is True
    assert 1 <= limited["retryAfterSeconds"] <= 60
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


@pytest.mark.config({"trunk.carrier.max_calls": 2})
async def test_a_trunk_that_is_full(world: World):
    """The customer's own call and one transfer fill it: the next is refused before its agent is released."""
    talking = await world.talking("agent1")
    other = await world.talking("agent2")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "accepted"})
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "carrierUnavailable" and error["customerLocation"] == "agent"
    assert "limit of 2 calls" in error["msg"]
    assert not world.carrier.received("INVITE")
    await talk(talking.customer, talking.agent)
    await other.customer.hangup()
    await other.desktop.call_event("ACW", "agent")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talking.customer.hangup()


async def test_an_option_that_a_queue_cannot_honour(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"), options={"releaseOn": "answered"})
    error = await refused(world, talking, "optionNotSupported")
    assert "releaseOn" in error["msg"]
    await talking.customer.hangup()


async def test_an_agent_who_is_not_there(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(quick_connect("Agent Two"))
    await refused(world, talking, "agentUnavailable")
    await talking.desktop.blind_transfer(quick_connect("Agent One"))
    await refused(world, talking, "agentUnavailable")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


@pytest.mark.parametrize(("topic", "subtopic", "error_type"), [
    ("InboundCall", "Consult", "CONSULT_CALL_FAILED"), ("InboundCall", "Conference", "CONFERENCE_CALL_FAILED"),
    ("OutboundCall", "QueueTransfer", "TRANSFER_CALL_FAILED")])
async def test_what_is_published_and_not_built_yet(world: World, topic: str, subtopic: str, error_type: str):
    desktop, _ = await world.agent("agent1")
    await desktop.publish(topic, subtopic)
    assert (await desktop.error(error_type))["reason"] == "notSupported"
