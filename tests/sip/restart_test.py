"""The process may die, the call may not: kill -9, a start on the same addresses, and the calls go on."""

from __future__ import annotations

import asyncio
import socket
import tomllib
from pathlib import Path

import pytest

from harness.samples import DIAL_PAD
from harness.server import run
from harness.world import INBOUND, Conversation, World
from peer import HOLD, QUEUE, RINGBACK, Peer, talk

TLS = {"sip.listen": ["udp:127.0.0.1:0", "tcp:127.0.0.1:0", "tls:127.0.0.1:0"]}


async def test_a_call_that_stood_can_be_held_resumed_and_ended(world: World):
    talking = await world.talking("agent1")
    await world.restart()
    assert (await world.metrics())["baton_sip_legs_open"] == 2
    await talking.desktop.publish("InboundCall", "Hold")
    await talking.desktop.call_event("hold", "inbound")
    await talking.customer.hears(HOLD)
    await talking.desktop.publish("InboundCall", "Resume")
    await talking.desktop.call_event("connected", "inbound")
    await talk(talking.customer, talking.agent)
    await talking.desktop.publish("InboundCall", "Disconnect")
    await talking.customer.ended(by="them")
    await talking.agent.ended(by="them")


async def test_a_start_that_fails_leaves_the_calls_to_the_next_one(world: World):
    talking = await world.talking("agent1")
    await world.kill()
    with socket.create_server(world.server.http) as taken:
        code, _, error = await run("serve", "--config", str(world.config_path))
        assert code == 1 and "cannot start" in error, error
        taken.close()
    await world.start_again()
    assert (await world.metrics())["baton_sip_legs_open"] == 2
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


async def test_a_call_that_stood_can_be_transferred(world: World):
    talking = await world.talking("agent1")
    await world.restart()
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.transfer("alerting")
    await talking.agent.ended(by="them")
    await talking.customer.hears(RINGBACK)
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await world.restart()
    await target.hangup()
    await talking.customer.ended(by="them")
    await talking.desktop.transfer("completed")


async def test_a_party_can_hold_resume_and_hang_up(world: World):
    talking = await world.talking("agent1")
    await world.restart()
    assert (await talking.agent.hold()).status == 200
    assert (await talking.agent.resume()).status == 200
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()
    await talking.agent.ended(by="them")
    await talking.desktop.call_event("ACW", "agent")


async def test_who_waits_in_the_queue_waits_on_and_hears_it(world: World):
    customer = await world.customer()
    call = await customer.call(INBOUND, wait=True)
    await call.hears(QUEUE)
    await world.restart()
    await call.hears(QUEUE)
    desktop, phone = await world.agent("agent1")
    await desktop.offered()
    await desktop.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    await call.hangup()


async def test_twice_killed_is_as_good_as_once(world: World):
    talking = await world.talking("agent1")
    for _ in range(2):
        await world.restart()
        await talking.desktop.publish("InboundCall", "Hold")
        await talking.desktop.call_event("hold", "inbound")
        await talking.customer.hears(HOLD)
        await world.restart()
        await talking.desktop.publish("InboundCall", "Resume")
        await talking.desktop.call_event("connected", "inbound")
        await talk(talking.customer, talking.agent)
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


async def test_cseq_rises_where_nothing_but_the_check_of_a_start_was_sent(world: World):
    """A lower one would be refused by any party (RFC 3261, section 12.2.2); the tests' own notes it as a violation."""
    call = await (await world.customer()).call(INBOUND, wait=True)
    await call.hears(QUEUE)
    for checks in (1, 2):
        await world.restart()
        await call.peer.until(lambda n=checks: len(call.peer.received("UPDATE")) == n, "the check")
    await call.hangup()


async def test_who_hung_up_meanwhile_is_found(world: World):
    """Nobody was there to take the BYE, and it is not sent again; the check at start finds it out."""
    talking = await world.talking("agent1")
    await world.kill()
    talking.agent.forget_dialog()
    await world.start_again()
    await talking.agent.expect("UPDATE")
    await talking.customer.hears(QUEUE)  # His agent's phone was lost, so he is back where he came from.
    await talking.customer.hangup()


async def test_an_early_bye_is_taken_once_the_server_is_back(world: World):
    talking = await world.talking("agent1")
    await world.kill()
    hanging_up = asyncio.create_task(talking.customer.hangup())
    await talking.customer.peer.until(lambda: talking.customer.peer.sent("BYE"), "the BYE")
    await world.start_again()
    assert (await hanging_up).status == 200
    await talking.agent.ended(by="them")
    await talking.desktop.call_event("ACW", "agent")


async def test_phones_need_not_register_again(world: World):
    desktop, phone = await world.agent("agent1")
    await world.restart()
    customer = await world.customer()
    call = await customer.call(INBOUND)
    await desktop.offered()
    await desktop.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    assert len(phone.sent("REGISTER")) == 2, "the first one and its answer to the challenge"
    await call.hangup()


async def test_a_phone_that_registers_again_needs_one_challenge(world: World):
    _, phone = await world.agent("agent1")
    await world.restart()
    assert (await phone.register()).status == 200
    assert (await phone.register(expires=0)).status == 200

    async def reachable() -> bool:
        rest = await world.rest("supervisor1", "supervisor")
        return next(a for a in (await rest.get("/v1/agents")).json()["items"] if a["login"] == "agent1")["phoneReachable"]
    assert not await reachable(), "the journal has it before the phone is answered"
    await world.restart()
    assert not await reachable()


async def test_a_phone_is_told_what_was_kept(tmp_path: Path):
    """The server dies before the commit of what a REGISTER changed: the phone was not told that it is gone."""
    async with World(tmp_path, {}, [], World.killable(tmp_path)) as world:
        _, phone = await world.agent("agent1")
        told = len(phone.received("200 REGISTER"))
        world.kill_at("before", 1)
        leaving = asyncio.create_task(phone.try_register(expires=0))
        await world.server.died()
        assert len(phone.received("200 REGISTER")) == told, "it would come back after it was told that it is gone"
        world.kill_no_more()
        await world.start_again()
        assert (await leaving).status in (200, 401), "the next process is asked again, and may want another credential"
        await phone.register(expires=0)


async def test_a_phone_answers_while_nobody_is_there(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.agent.ended(by="them")
    await world.kill()
    await target.answer(wait=False)
    await world.start_again()
    await target.answered()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_a_phone_that_rang_can_be_cancelled(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.agent.ended(by="them")
    await world.restart()
    await talking.desktop.publish("InboundCall", "CancelTransfer")
    await target.ended()
    back = await talking.agent.peer.incoming()
    await back.answered()
    await talking.desktop.transfer("canceled")
    await talk(talking.customer, back)
    await talking.customer.hangup()


async def test_the_same_id_gets_its_first_answer(world: World):
    talking = await world.talking("agent1")
    options = {"releaseOn": "answered"}
    await talking.desktop.blind_transfer(DIAL_PAD, id="click-1", options=options)
    accepted = await talking.desktop.transfer("accepted")
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.transfer("alerting")
    await world.restart()
    rest = await world.rest("agent1")
    again = await rest.message("InboundCall", "BlindTransfer", DIAL_PAD, id="click-1", options=options)
    assert again.status == 202 and again.json()["transferId"] == accepted["transferId"], again.body
    await target.answer(wait=False)
    await talking.desktop.transfer("connected")
    assert len(world.carrier.received("INVITE")) == 1
    await talking.customer.hangup()


async def test_the_sound_keeps_its_port(world: World):
    """A re-INVITE that comes again has the same SDP version, so it must have the same body (RFC 3264, section 8)."""
    settings = tomllib.loads(world.config_path.read_text())["sip"]
    first = settings["media_port_min"]
    await world.kill()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        somebody.bind(("127.0.0.1", first))
        await world.start_again()
        call = await (await world.customer()).call(INBOUND, wait=True)
        assert call.peers_media == ("127.0.0.1", first + 2)
        await call.hears(QUEUE)
    await world.restart()
    await call.hears(QUEUE)
    assert call.media.received[-1][1] == ("127.0.0.1", first + 2), "though the one before it is free again"
    await call.hangup()


async def test_the_sounds_port_is_kept_before_anybody_is_told(world: World):
    """The 200 of a call that is parked names it some milliseconds before anything of its leg is kept."""
    first = tomllib.loads(world.config_path.read_text())["sip"]["media_port_min"]
    await world.kill()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        somebody.bind(("127.0.0.1", first))
        await world.start_again()
        await world.kill()
    await world.start_again()
    call = await (await world.customer()).call(INBOUND, wait=True)
    assert call.peers_media == ("127.0.0.1", first + 2), "no leg was kept that tells the port"
    await call.hangup()


async def back_after_its_death(world: World) -> None:
    await world.server.died()
    world.kill_no_more()
    await world.start_again()


async def test_a_refer_without_its_answer_comes_again(tmp_path: Path):
    """It was journalled, and the process died before its 202: the phone asks again, and one transfer comes of it."""
    async with World(tmp_path, {}, [], World.killable(tmp_path)) as world:
        talking = await world.talking("agent1")
        world.kill_at("after", 1)
        referring = asyncio.create_task(talking.agent.refer(DIAL_PAD))
        await back_after_its_death(world)
        target = await world.carrier.incoming()
        await target.ring()
        await target.answer(wait=False)
        await talking.desktop.transfer("connected")
        await talk(talking.customer, target)
        assert (await referring).status in (202, 481)
        assert len(world.carrier.received("INVITE")) == 1
        await talking.customer.hangup()
        await target.ended(by="them")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_an_unanswered_invite_over_a_connection_is_given_up(tmp_path: Path, transport: str):
    """There is no way back to the caller: the agent who was to have him is free for the next."""
    async with World(tmp_path, TLS, [], World.killable(tmp_path)) as world:
        at_work = await world.agent("agent1")
        caller = await world.customer(transport=transport)
        world.kill_at("after", 1)
        calling = await caller.call(INBOUND)
        await back_after_its_death(world)
        assert calling.final is None
        calling._end("them")  # As its connection tells it.
        await world.no_leg_is_left()
        talking = await world.talking("agent1", at_work=at_work)
        await talking.customer.hangup()


@pytest.mark.config(TLS)
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_phone_on_a_connection_comes_back_and_the_call_goes_on(world: World, transport: str):
    at_work = await world.agent("agent1", transport=transport)
    talking = await world.talking("agent1", at_work=at_work)
    await world.restart()
    phone = at_work[1]
    await talking.desktop.publish("InboundCall", "Hold")
    await talking.desktop.call_event("hold", "inbound")
    await talking.desktop.publish("InboundCall", "Resume")  # Waits for the phone.
    await phone.register()
    talking.agent.flow = await phone.transport.flow_to(world.server.sip[transport])
    await talking.desktop.call_event("connected", "inbound")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


@pytest.mark.config(TLS)
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_call_that_ends_before_its_phone_is_back_is_ended_there_too(world: World, transport: str):
    """It would stay in a silent call, and be busy for the next one."""
    _, phone = at_work = await world.agent("agent1", transport=transport)
    talking = await world.talking("agent1", at_work=at_work)
    await world.restart()
    await talking.customer.hangup()
    await talking.desktop.call_event("ACW", "agent")
    await world.restart()  # The one that owes it the BYE may die, too.
    await phone.register()
    talking.agent.flow = await phone.transport.flow_to(world.server.sip[transport])
    await talking.agent.ended(by="them")


def contact(phone: Peer, port: int) -> str:
    return f"<sip:{phone.user}@{phone.transport.host}:{port};transport={phone.transport.name}>"


async def goes_on(world: World, talking: Conversation) -> None:
    """The server reaches the agent's phone, on TCP, by its new connection."""
    talking.agent.flow = await talking.agent.peer.transport.flow_to(world.server.sip["tcp"])
    await talking.desktop.publish("InboundCall", "Hold")
    await talking.desktop.call_event("hold", "inbound")
    await talking.desktop.publish("InboundCall", "Resume")
    await talking.desktop.call_event("connected", "inbound")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


@pytest.mark.config(TLS)
@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("restarts", [1, 2])
async def test_another_phone_of_the_agent_does_not_get_the_call(world: World, transport: str, restarts: int):
    """It registers first, or did all the time; the one that is in the call connects a moment later."""
    _, phone = at_work = await world.agent("agent1", transport="tcp")
    talking = await world.talking("agent1", at_work=at_work)
    other = await world.phone("agent1", transport=transport)
    for _ in range(restarts):
        await world.restart()
    await other.register()
    await phone.register()
    await goes_on(world, talking)
    assert not other.received("UPDATE") and not other.received("INVITE")


@pytest.mark.config(TLS)
async def test_the_phone_of_the_call_may_come_back_before_the_other_one(world: World):
    """As one that nobody knows: it is told by the other's being there, whichever comes first."""
    _, phone = at_work = await world.agent("agent1", transport="tcp")
    talking = await world.talking("agent1", at_work=at_work)
    other = await world.phone("agent1", transport="tcp")
    await world.restart()
    phone.forget_registration()
    await phone.register(contact=contact(phone, 4001))
    await other.register()
    await goes_on(world, talking)
    assert not other.received("UPDATE") and not other.received("INVITE")


@pytest.mark.config(TLS)
@pytest.mark.parametrize("restarts", [0, 1, 2])
async def test_a_phone_that_registered_anew_in_the_call_gets_it_back(world: World, restarts: int):
    """Its connection was remade, of which the call heard nothing: where it was reached is no tie any more."""
    phone = await world.phone("agent1", register=False, transport="tcp")
    same = ';+sip.instance="<urn:uuid:6b29fc40-ca47-1067-b31d-00dd010662da>"'
    await phone.register(contact=contact(phone, 4001) + same)
    talking = await world.talking("agent1", at_work=(await world.desktop("agent1"), phone))
    phone.transport.cut()
    phone.forget_registration()
    await phone.register(contact=contact(phone, 4002) + same)
    await world.phone("agent1", transport="tcp")  # It stays away.
    for _ in range(restarts):
        await world.restart()
    phone.forget_registration()
    await phone.register(contact=contact(phone, 4003) + same)
    await goes_on(world, talking)


@pytest.mark.config({"sip.reconnect_seconds": 2, "trunk.carrier.transport": "tcp"})
@pytest.mark.parametrize("restart", [True, False])
async def test_a_trunk_on_a_connection_is_reached_at_its_own_address(world: World, restart: bool):
    """Its Contact is a name, and the connection that it called by is gone; nobody waits for it to connect again."""
    customer = Peer("customer", "+12025550100", world.server.sip["tcp"], transport="tcp")
    await customer.open(world.carrier.address[1])
    world.peers.append(customer)
    customer.contact_host = "sbc.carrier.example"
    talking = await world.talking("agent1", customer)
    if restart:
        await world.restart()
        await talking.customer.expect("UPDATE")
    else:
        customer.transport.cut()
    await talking.desktop.publish("InboundCall", "Hold")
    await talking.desktop.call_event("hold", "inbound")
    await talking.desktop.publish("InboundCall", "Resume")
    await talking.desktop.call_event("connected", "inbound")
    await talk(talking.customer, talking.agent)
    await talking.agent.hangup()
    await talking.customer.ended(by="them")


@pytest.mark.config({"sip.reconnect_seconds": 2, **TLS})
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_phone_on_a_connection_that_stays_away_is_lost(world: World, transport: str):
    at_work = await world.agent("agent1", transport=transport)
    talking = await world.talking("agent1", at_work=at_work)
    await world.kill()
    talking.agent.forget_dialog()
    await world.start_again()
    await talking.customer.hears(QUEUE)
    await talking.customer.hangup()
