"""Transfers on the agent desktop by mouse, one that comes back, and all of it in German; with real calls."""

from __future__ import annotations

import re

from harness.amazon_world import AgentSession, AmazonWorld
from harness.browser import Browser
from harness.config import SOURCE
from harness.desk import STEPS, Desk
from harness.samples import DIAL_PAD, SASI
from harness.world import World
from peer import Call

QUEUE = "CallSummary-HVOC-Queue"


async def open_by_mouse(desk: Desk) -> None:
    await desk.page.click("section.call >> role=button[name=/^Transfer/]")
    await desk.page.wait("dialog.transfer input.search")


async def handed_over(world: World, desk: Desk, call: Call, leg: Call, party: str) -> None:
    """The carrier is asked for the party, who answers and has the customer."""
    third = await world.carrier.incoming()
    assert third.invite.uri.user == party
    await third.ring()
    await leg.ended(by="them")
    await third.answer()
    await desk.sees("has the customer")
    await third.hears(call)
    desk.check()


async def test_an_external_by_a_click_on_its_row(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await open_by_mouse(desk)
    await desk.page.click("dialog.transfer [role=option]:has-text('Sasi_Chime')")
    await handed_over(world, desk, call, leg, SASI)
    await desk.page.wait("dialog.transfer", "detached")


async def test_a_number_by_the_button(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await open_by_mouse(desk)
    await desk.page.fill("input.search", DIAL_PAD)
    await desk.page.wait(".chip.good")
    await desk.button("Transfer now")
    await handed_over(world, desk, call, leg, DIAL_PAD)


async def test_a_queue_by_a_click_and_back_by_another(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await open_by_mouse(desk)
    await desk.page.click(f"dialog.transfer [role=option]:has-text('{QUEUE}')")
    await desk.sees(f"Waiting in {QUEUE}, place 1")
    await leg.ended(by="them")
    await desk.button("Take back")
    again = await phone.incoming()
    await again.answered()
    await desk.sees("You have the customer back")
    await again.hears(call)
    desk.check()


async def test_a_call_that_comes_back_says_from_whom(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await open_by_mouse(desk)
    await desk.page.click("dialog.transfer [role=option]:has-text('Sasi_Chime')")
    third = await world.carrier.incoming()
    await third.ring()
    await leg.ended(by="them")
    await desk.sees("Ringing at Sasi_Chime")
    await third.reject(408)
    await desk.sees("Nobody took it: coming back to you")
    await desk.button("Answer")
    again = await phone.incoming()
    await again.answered()
    await desk.page.wait("section.call.talking .badge:has-text('Returned: no answer from Sasi_Chime')")
    await again.hears(call)
    await desk.page.wait(".tracker dd:has-text('With you')")
    await desk.picture("returned")
    await desk.page.reload()
    await desk.page.wait("section.call.talking .badge:has-text('Returned: no answer from Sasi_Chime')")
    desk.check()


async def test_at_amazon_connect_an_agent_who_is_not_here_can_be_chosen(amazon: AmazonWorld, browser: Browser):
    session = AgentSession()
    await amazon.bridge("agent1", session)
    contact = await session.talk()
    desk = await Desk.open(amazon, browser, state=None)
    await desk.page.wait("section.call.talking")
    await desk.search()
    await desk.page.type("Agent Two")
    await desk.page.wait("[role=option][aria-disabled=false]:has-text('Agent Two')")
    await desk.page.press("Enter")
    await amazon.asks(session, "createAdditionalConnection")
    await session.third_party_is(contact, "connected")
    await desk.sees("Handed over to Agent Two")
    desk.check()


async def test_at_amazon_connect_a_refusal_is_not_told_in_the_box_of_another_call(amazon: AmazonWorld, browser: Browser):
    session = AgentSession()
    await amazon.bridge("agent1", session)
    await session.talk()
    desk = await Desk.open(amazon, browser, state=None)
    await desk.page.wait("section.call.talking")
    await desk.page.run(str(STEPS), "holdBack", "**/v1/messages", "BlindTransfer")
    await desk.search()
    await desk.page.type("CallSummary")
    await desk.page.press("Enter")
    await desk.page.wait("dialog.transfer button:disabled:has-text('Transferring')")
    await session.talk()
    await desk.page.wait("dialog.transfer", "detached")
    await desk.search()
    why = "Queue closed."
    error = {"errorType": "BLIND_TRANSFER_FAILED", "msg": why, "errorMessage": why, "reason": "queueClosed"}
    await desk.page.run(str(STEPS), "refuseHeld", 422, error)
    await desk.page.wait("main [role=alert]:has-text('The queue is closed. Choose another queue, or a number.')")
    assert (await desk.page.text("dialog.transfer .failure")).strip() == ""
    desk.allowed_console = ("status of 422",)
    desk.check()


async def test_at_amazon_connect_who_has_no_bridge_is_told_what_to_open(amazon: AmazonWorld, browser: Browser):
    desk = await Desk.open(amazon, browser, state=None)
    await desk.button("Start work")
    await desk.sees("Open /amazon/, or your page with the CCP.")
    desk.allowed_console = ("status of 503",)
    desk.check()


def english() -> set[str]:
    """What no page in German may say: each English text of the desktop that says something else in German."""
    tables: dict[str, dict[str, str]] = {"en": {}, "de": {}}
    for file in ("desktop", "shared"):
        text = (SOURCE / "web" / file / "src" / "texts.ts").read_text(encoding="utf-8")
        for language, table in tables.items():
            body = re.search(rf"^const {language}\b.*? = \{{\n(.*?)^\}}", text, re.MULTILINE | re.DOTALL)
            assert body, f"{file}: no table of {language}"
            table.update(re.findall(r'^  "?([\w ]+)"?: "(.*)",$', body[1], re.MULTILINE))
    assert set(tables["en"]) == set(tables["de"])
    return {text for key, text in tables["en"].items() if text != tables["de"][key] and "{" not in text}


async def test_a_transfer_in_german(world: World, browser: Browser):
    phone = await world.phone("agent1")
    texts = english()
    assert {"Take back", "Connected"} <= texts
    desk = await Desk.show(world, browser, "agent1", locale="de-DE")

    async def look(text: str) -> None:
        await desk.sees(text)
        assert await desk.page.evaluate("document.documentElement.lang") == "de"
        lines = (await desk.page.text("body")).splitlines()
        assert not texts & {line.strip() for line in lines}, "English on a German page"
        # A key that has no text stands there itself.
        keys = [line for line in lines if re.search(r"\b(state|reason|custody|class|name)[A-Z]\w*\b|\{\w+\}", line)]
        assert not keys, keys

    await look("Die Arbeit hat noch nicht begonnen.")
    await desk.button("Arbeit beginnen")
    await desk.page.wait("header select")
    await desk.choose("Available")
    await look("Bereit für den nächsten Anruf")
    call = await (await world.customer()).call("+18005550100")
    await call.answered()
    await look("Ankommender Anruf")
    await desk.button("Annehmen")
    leg = await phone.incoming()
    await leg.answered()
    await look("Verbunden")
    await desk.page.click("section.call >> role=button[name=/^Weitergeben/]")
    await look("Wenn niemand annimmt nach")
    await desk.page.fill("input.search", "+1 900 555 0123")
    await look("teure Sondernummern")
    await desk.page.fill("input.search", "Sasi")
    await desk.button("Jetzt weitergeben")
    third = await world.carrier.incoming()
    await third.ring()
    await look("Es klingelt bei Sasi_Chime")
    await look("Geparkt, hört einen Ton")
    await third.reject(408)
    await look("Niemand nahm an: kommt zu Ihnen zurück")
    await desk.button("Annehmen")
    await (await phone.incoming()).answered()
    await look("Zurück: ")
    await look("Später noch einmal versuchen, oder ein anderes Ziel wählen.")
    await desk.picture("german")
    await desk.button("Auflegen")
    await look("Nachbearbeitung")
    desk.check()
