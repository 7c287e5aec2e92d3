"""The agent desktop: what an agent sees and does, against the real server with real calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from harness.browser import Browser
from harness.desk import STEPS, Desk, Told
from harness.marks import with_directory
from harness.samples import DIAL_PAD, SASI, quick_connect
from harness.world import World


async def test_a_wrong_password_is_said_in_words(world: World, browser: Browser, told: Told):
    page = await browser.open_page(locale="en-US")
    origin = "http://%s:%d" % world.server.http
    told("a first visit", await Desk(world, browser, page).ready_within_a_second("input[name=login]"))
    await page.fill("input[name=login]", "agent1")
    await page.fill("input[name=password]", "wrong")
    await page.press("Enter")
    await page.wait("text=Login or password is wrong")
    assert await page.axe() == []
    page.check(origin, allowed_console=("status of 401",))


async def test_who_has_no_phone_is_told_so(world: World, browser: Browser):
    desk = await Desk.open(world, browser, state=None)
    await desk.page.click("main >> role=button[name='Start work']")
    await desk.page.wait("header select")
    await desk.page.run(str(STEPS), "choose", "header .state select", "Available")
    await desk.sees("Your telephone is not registered. Start it, then try again.")
    assert await desk.page.axe() == []
    desk.allowed_console = ("status of 409", "status of 422")
    desk.check()


async def test_a_call_from_the_offer_to_the_end_by_mouse(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.sees("Ready for the next call")
    await desk.refresh("Ready for the next call")
    await desk.picture("ready")
    call = await desk.incoming()
    await desk.refresh("Incoming call")
    await desk.picture("offered")
    moving = "document.getAnimations().length"
    assert await desk.page.evaluate(moving) == 1
    await desk.page.media({"reducedMotion": "reduce"})
    assert await desk.page.evaluate(moving) == 0, "who wants less motion has none"
    await desk.button("Answer")
    leg = await phone.incoming()
    await leg.answered()
    await desk.sees("Connected")
    await desk.picture("talking")
    await desk.button("Hold")
    await desk.sees("On hold")
    await desk.refresh("On hold")
    await desk.picture("held")
    await desk.button("Resume")
    await desk.sees("Connected")
    await desk.page.fill("textarea", "Asked for the new address.")
    await desk.page.reload()
    await desk.sees("Connected")
    assert await desk.page.value("textarea") == "Asked for the new address."
    await desk.button("Hang up")
    await desk.sees("After-call work")
    await call.ended(by="them")
    await desk.refresh("After-call work")
    await desk.picture("after-call")
    await desk.button("Finish")
    await desk.sees("Ready for the next call")
    desk.check()


async def test_a_call_of_ones_own_its_keypad_and_mute_and_a_call_that_is_rejected(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.page.fill("input[type=tel]", DIAL_PAD)
    await desk.page.press("Enter")
    await (await phone.incoming()).answered()
    called = await world.carrier.incoming()
    assert called.invite.uri.user == DIAL_PAD
    await called.ring()
    await desk.refresh("Calling")
    await desk.picture("calling")
    await called.answer()
    await desk.sees("Connected")
    await desk.button("Keypad")
    await desk.page.wait("dialog.keypad")
    await desk.page.press("1")
    await desk.page.click("dialog.keypad >> role=button[name='2']")
    await desk.page.press("#")
    await called.peer.until(lambda: called.digits == "12#", "the digits")
    await desk.picture("keypad")
    await desk.page.press("Escape")
    await desk.button("Mute")
    await desk.page.wait("role=button[name=/^Mute/][pressed=true]")
    await desk.page.click("section.call h1")  # Keys are the call's again.
    await desk.page.press("m")
    await desk.page.wait("role=button[name=/^Mute/][pressed=false]")
    await desk.button("Hang up")
    await called.ended(by="them")
    await desk.button("Finish")
    call = await desk.incoming()
    await desk.button("Reject")
    await desk.sees("Missed call")
    await desk.refresh("Missed call")
    await desk.picture("missed")
    await call.hangup()
    await desk.button("Finish")
    await desk.sees("Ready for the next call")
    desk.check()


async def test_digits_that_the_carrier_refuses_are_none_that_were_sent(world: World, browser: Browser):
    phone = await world.phone("agent1")
    world.carrier.allow.remove("INFO")
    desk = await Desk.open(world, browser)
    await desk.page.fill("input[type=tel]", DIAL_PAD)
    await desk.page.press("Enter")
    await (await phone.incoming()).answered()
    called = await world.carrier.incoming()
    await called.answer()
    await desk.sees("Connected")
    await desk.button("Keypad")
    await desk.page.wait("dialog.keypad")
    await desk.page.press("1")
    await desk.page.wait("dialog.keypad .failure:has-text('the telephone system refused')")
    assert (await desk.page.text("dialog.keypad output")).strip() == ""
    assert called.digits == ""
    desk.check()


async def test_the_focus_goes_back_to_where_it_was_when_the_box_is_closed(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.in_a_call(phone)
    focused = "document.activeElement"
    # By the key, while something has the focus, and while nothing has it; and by the button.
    for selector, was in (("role=button[name=/^Hold/]", "Hold"), ("header .state select", "Available")):
        await desk.page.run(str(STEPS), "focus", selector)
        assert was in await desk.page.evaluate(f"{focused}.textContent")
        await desk.search()
        await desk.page.press("Escape")
        await desk.page.wait("dialog.transfer", "detached")
        assert was in await desk.page.evaluate(f"{focused}.textContent")
    await desk.page.evaluate(f"{focused}.blur()")
    assert await desk.page.evaluate(f"{focused} === document.body")
    await desk.search()
    await desk.page.press("Escape")
    await desk.page.wait("dialog.transfer", "detached")
    assert (await desk.page.evaluate(f"{focused}.textContent")).startswith("Transfer")
    await desk.page.press("Enter")
    await desk.page.wait("dialog.transfer input.search")
    await desk.page.press("Escape")
    await desk.page.wait("dialog.transfer", "detached")
    assert (await desk.page.evaluate(f"{focused}.textContent")).startswith("Transfer")
    desk.check()


async def test_a_refusal_after_the_box_was_closed_is_told_on_the_page(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.in_a_call(phone)
    await desk.page.run(str(STEPS), "holdBack", "**/v1/messages", "BlindTransfer")
    await desk.search()
    await desk.page.type("CallSummary")
    await desk.page.press("Enter")
    await desk.page.wait("dialog.transfer button:disabled:has-text('Transferring')")
    await desk.page.press("Escape")
    await desk.page.wait("dialog.transfer", "detached")
    why = "Queue closed."
    error = {"errorType": "BLIND_TRANSFER_FAILED", "msg": why, "errorMessage": why, "reason": "queueClosed"}
    await desk.page.run(str(STEPS), "refuseHeld", 422, error)
    await desk.page.wait("main [role=alert]:has-text('The queue is closed. Choose another queue, or a number.')")
    desk.allowed_console = ("status of 422",)
    desk.check()


async def test_states_whose_reading_failed_are_read_again(world: World, browser: Browser):
    page = await browser.open_page(locale="en-US")
    await page.run(str(STEPS), "refuseFirst", "**/v1/messages", "GetStates")
    await world.phone("agent1")
    desk = Desk(world, browser, page)
    await page.goto(f"{desk.origin}/")
    await desk.sign_in("agent1")
    await page.click("main >> role=button[name='Start work']")
    await page.wait("header select")
    await desk.choose("Available")
    await desk.sees("Ready for the next call")
    desk.allowed_console = ("status of 429",)
    desk.check()


@pytest.mark.parametrize("words,party", [(DIAL_PAD, DIAL_PAD), ("Sasi", SASI)])
async def test_a_transfer_takes_two_keys_and_a_name(world: World, browser: Browser, words: str, party: str):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await desk.transfer(words)
    third = await world.carrier.incoming()
    assert third.invite.uri.user == party
    await third.ring()
    await leg.ended(by="them")
    await desk.sees("Ringing at")
    await desk.sees("After-call work")
    await desk.page.wait("[aria-live=polite]:has-text('Ringing at')", "attached")  # A screen reader is told.
    await desk.picture(f"ringing-{'number' if words == DIAL_PAD else 'external'}")
    await third.answer()
    await desk.sees("has the customer")
    await third.hears(call)
    await desk.page.wait("[aria-live=polite]:has-text('has the customer')", "attached")
    await desk.refresh("has the customer")
    await desk.picture(f"connected-{'number' if words == DIAL_PAD else 'external'}")
    await desk.button("Finish")
    await desk.sees("Ready for the next call")
    desk.check()


def large(directory: dict[str, Any]) -> None:
    """A directory of 5,000 entries."""
    connects = directory["quickConnects"]
    known = connects[0]["arn"].rpartition("/")[0]
    for number in range(5000 - len(connects)):
        connects.append({"arn": f"{known}/{UUID(int=number + 1)}", "name": f"Müller & Summer, branch {number}", "type": "phone_number",
                         "phoneNumber": f"+1202555{number:04}"})


@with_directory(large)
async def test_a_queue_tells_its_place_and_the_customer_is_taken_back(world: World, browser: Browser, told: Told):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await desk.page.run(str(STEPS), "timeKeys")
    await desk.search()
    await desk.page.wait("[role=option]:has-text('branch 0')")
    words = "CallSummary"
    await desk.page.type(words)
    await desk.page.wait("[role=option]:has-text('branch')", "detached")
    await desk.page.until(f"batonKeys.length === {len(words)}")
    keys = sorted(await desk.page.evaluate("batonKeys"))
    told("a keystroke in a search of 5,000, the middle one", round(keys[len(keys) // 2]))
    told("a keystroke in a search of 5,000, the slowest", round(keys[-1]))
    # The slowest tells what else the machine had to do.
    assert keys[len(keys) // 2] < 50, keys
    await desk.page.press("Enter")
    await desk.page.wait("dialog.transfer", "detached")
    await desk.sees("Waiting in CallSummary-HVOC-Queue, place 1")
    await leg.ended(by="them")
    await desk.refresh("Waiting in CallSummary-HVOC-Queue, place 1")
    await desk.picture("queued")
    await desk.page.run(str(STEPS), "focus", "role=button[name='Take back']")
    await desk.page.press("Enter")
    again = await phone.incoming()
    await again.answered()
    await desk.sees("You have the customer back")
    await desk.page.wait("section.call.talking")
    await again.hears(call)
    await desk.refresh("You have the customer back")
    await desk.picture("taken-back")
    await desk.button("Hang up")
    await desk.sees("After-call work")
    await call.ended(by="them")
    await desk.button("Finish")
    await desk.sees("Ready for the next call")
    desk.check()


async def test_a_failure_says_what_and_where_and_what_now(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await desk.transfer(DIAL_PAD)
    third = await world.carrier.incoming()
    await third.reject(486)
    await desk.sees("the line is busy")
    await desk.sees("With you")
    await desk.page.wait("section.call.talking")
    for _ in range(2):
        await desk.sees("Try again later, or choose another destination.")
        await desk.refresh("the line is busy")
    await desk.picture("failed")
    assert leg.state != "ended"
    await desk.button("Transfer elsewhere")
    await desk.page.wait("dialog.transfer")
    await desk.page.press("Escape")
    await desk.page.wait("dialog.transfer", "detached")
    desk.check()


async def test_a_number_that_may_not_be_dialled_is_refused_before_anything_is_dialled(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.in_a_call(phone)
    await desk.search()
    await desk.picture("search")
    await desk.page.type("+1 208 209-7345")
    await desk.page.wait(".chip.good")
    assert "US" in await desk.page.text(".chip")
    await desk.picture("number")
    await desk.page.fill("input.search", "+1 900 555 0123")
    await desk.page.wait(".chip.bad")
    asked = desk.asked("POST", "/v1/messages")
    await desk.page.press("Enter")
    assert await desk.page.count("dialog.transfer") == 1
    await desk.picture("number-refused")
    assert desk.asked("POST", "/v1/messages") == asked, "it was sent all the same"
    await desk.page.press("Escape")
    desk.check()


async def test_who_is_chosen_stays_so_while_the_rows_are_sorted_anew(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.in_a_call(phone)
    third, _ = await world.agent("agent3")
    await desk.search()
    await desk.page.type("Agent T")
    await desk.page.wait("#row-0[aria-selected=true] >> text=Agent Three")
    await world.agent("agent2")
    await desk.page.wait("#row-0[aria-selected=false] >> text=Agent Two")
    await desk.page.wait("#row-1[aria-selected=true] >> text=Agent Three")
    await desk.page.press("Enter")
    await third.offered()
    await desk.page.wait("dialog.transfer", "detached")
    desk.check()


async def test_the_next_agent_sees_who_sent_the_call_and_why(world: World, browser: Browser):
    phones = [await world.phone("agent1"), await world.phone("agent2")]
    desk = await Desk.open(world, browser)
    call, _ = await desk.in_a_call(phones[0])
    other = await Desk.open(world, browser, "agent2")
    await desk.search()
    await desk.page.type("Agent Two")
    await desk.page.fill("dialog.transfer textarea", "Wants to change the address.")
    await desk.page.press("Escape")
    await desk.page.reload()
    await desk.page.wait("section.call.talking")
    await desk.search()
    await desk.page.type("Agent Two")
    assert await desk.page.value("dialog.transfer textarea") == "Wants to change the address."
    await desk.page.click("dialog.transfer textarea")
    await desk.page.press("Control+Enter")
    await desk.page.wait("dialog.transfer", "detached")
    await other.sees("Incoming call")
    await other.sees("From agent1")
    await other.sees("Wants to change the address.")
    await other.page.wait("text=/^Waited .* in all$/")
    await other.refresh("From agent1")
    await other.picture("handed-over")
    await other.page.press("a")
    leg = await phones[1].incoming()
    await leg.answered()
    await desk.sees("agent2 has the customer")
    await desk.button("Finish")
    # And back, by a program of the other agent's, which can say more than the page.
    program = await world.desktop("agent2", state=None)
    await program.blind_transfer(quick_connect("Agent One"), options={"attributes": {"account": "4711"}})
    await desk.sees("From agent2")
    await desk.page.wait("dl.attributes:has(dt:text-is('account')) dd:text-is('4711')")
    desk.check()
    other.check()


async def test_refresh_second_tab_and_lost_network_change_nothing(world: World, browser: Browser, told: Told):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await desk.transfer(DIAL_PAD)
    third = await world.carrier.incoming()
    await third.ring()
    await desk.sees("Ringing at")
    sentence = ".tracker .sentence"
    told("refreshed", await desk.ready_within_a_second(sentence, "Ringing at"))
    told("refreshed, since the connection", await desk.back_within_a_second())
    second = Desk(world, browser, await desk.page.another())
    told("a second tab", await second.ready_within_a_second(sentence, "Ringing at"))
    told("a second tab, since the connection", await second.back_within_a_second())
    await browser.offline(desk.page, True)
    await desk.sees("No connection.")
    await desk.picture("offline")
    await third.answer()
    for one in (desk, second):
        await one.page.evaluate("batonTimes.text = 'has the customer'")
    await browser.offline(desk.page, False)
    for one in (desk, second):
        await one.sees("has the customer")
        told("after a lost network, since the connection", await one.back_within_a_second())
    await second.button("Finish")
    await desk.sees("Ready for the next call")


@pytest.mark.config({"http.replay_events": 0})
async def test_a_transfer_whose_events_nobody_kept_is_shown_as_it_is(world: World, browser: Browser):
    """Whoever was away for too long gets the state instead of the events, and that tells of no transfer."""
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await desk.transfer(DIAL_PAD)
    third = await world.carrier.incoming()
    await third.ring()
    await desk.sees("Ringing at")
    await browser.offline(desk.page, True)
    await desk.sees("No connection.")
    await third.answer()
    await browser.offline(desk.page, False)
    await desk.sees("has the customer")


async def test_another_login_in_one_tab_is_that_of_all(world: World, browser: Browser):
    desk = await Desk.open(world, browser, state=None)
    second = Desk(world, browser, await desk.page.another())
    await second.page.goto(f"{desk.origin}/")
    await second.page.click("header summary >> text=/Agent One|agent1/")
    await second.button("Sign out")
    await desk.page.wait("input[name=login]")
    await second.sign_in("agent2")
    await desk.page.wait("header summary >> text=/Agent Two|agent2/")
    for one in (desk, second):
        one.check()


def nothing_to_choose(directory: dict[str, Any]) -> None:
    directory["quickConnects"].clear()


@pytest.mark.parametrize("connects", [True, pytest.param(False, marks=with_directory(nothing_to_choose))])
async def test_a_clock_that_is_an_hour_ahead_is_put_right_by_the_servers(world: World, browser: Browser, connects: bool):
    await world.phone("agent1")
    assert bool((await (await world.rest("agent1")).get("/v1/quick-connects")).json()["items"]) is connects
    desk = await Desk.open(world, browser)
    await desk.page.run(str(STEPS), "clockAhead", 3_600_000)
    await desk.page.reload()
    await desk.page.wait("header .state time")
    await desk.page.until("document.querySelector('header .state time').textContent.startsWith('0:')")
    desk.check()


async def test_after_a_restart_he_is_signed_in_and_finds_his_call(world: World, browser: Browser, told: Told):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    call, leg = await desk.in_a_call(phone)
    await desk.ready_within_a_second("section.call.talking")
    await world.kill()
    await desk.sees("No connection")
    await world.start_again()
    await desk.page.wait(".banner.away", "detached")
    told("after a restarted server, since the connection", await desk.back_within_a_second())
    await leg.hears(call)
    await desk.button("Hang up")
    await desk.sees("After-call work")
    desk.allowed_console = ("ERR_", "WebSocket connection")  # The server was away.
    desk.check()


async def test_german_beside_english(world: World, browser: Browser):
    page = await browser.open_page(locale="de-DE")
    origin = "http://%s:%d" % world.server.http
    await page.goto(f"{origin}/")
    await page.wait("role=button[name=Anmelden]")
    assert await page.evaluate("document.documentElement.lang") == "de"
    page.check(origin)
