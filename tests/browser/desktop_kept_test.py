"""What the desktop keeps for an agent: with the server, so that another browser has it."""

from __future__ import annotations

from typing import Any

from harness.browser import Browser
from harness.desk import STEPS, Desk
from harness.world import World

NOTE = "dialog.transfer textarea"


async def kept(world: World, holds: Any) -> None:
    rest = await world.rest("agent1")

    async def read() -> dict[str, list[dict[str, Any]]]:
        return (await rest.get("/v1/me/preferences")).json().get("desktop", {})

    await world.until(read, lambda found: bool(found) and holds(found), "what the desktop has written")


async def star(desk: Desk, name: str) -> None:
    await desk.page.click(f"dialog.transfer [role=option]:has-text('{name}') .star")


def favourite(name: str) -> str:
    return f"[role=group][aria-label=Favourites] [role=option]:has-text('{name}')"


async def test_a_second_browser_has_favourites_recent_ones_and_notes(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.in_a_call(phone)
    await desk.page.fill("section.call textarea", "Asked for the new address.")
    await desk.page.click("section.call h1")  # Keys count again.
    await desk.transfer("Sasi")
    third = await world.carrier.incoming()
    await third.reject(486)
    await desk.sees("the line is busy")
    await desk.search()
    await star(desk, "Agent Two")
    await desk.page.fill(NOTE, "Wants to change")
    await kept(world, lambda found: "Wants to change" in [note["value"] for note in found["transferNotes"]])

    other = await Desk.open(world, browser, state=None)
    await other.page.wait("section.call.talking")
    await other.page.until("document.querySelector('section.call textarea').value === 'Asked for the new address.'")
    await other.search()
    await other.page.wait(favourite("Agent Two"))
    await other.page.wait("[role=group][aria-label=Recent] [role=option]:has-text('Sasi_Chime')")
    assert await other.page.value(NOTE) == "Wants to change"
    await other.page.fill(NOTE, "Wants to change the address.")
    await star(other, "Agent Two")
    await other.page.wait(favourite("Agent Two"), "detached")
    await kept(world, lambda found: found["transferNotes"][0]["value"] == "Wants to change the address."
               and found["favourites"][0]["value"] is False)

    await desk.page.press("Escape")
    await desk.search()
    await desk.page.until(f"document.querySelector('{NOTE}').value === 'Wants to change the address.'")
    await desk.page.wait(favourite("Agent Two"), "detached")
    desk.check()
    other.check()


async def test_what_was_written_without_a_network_is_put_together_afterwards(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.in_a_call(phone)
    other = await Desk.open(world, browser, state=None)
    await other.page.wait("section.call.talking")
    await desk.search()
    await desk.page.wait("[role=option]:has-text('Agent Two')")
    await browser.offline(desk.page, True)
    await star(desk, "Agent Two")
    await desk.page.wait(favourite("Agent Two"))
    await other.search()
    await star(other, "Sasi_Chime")
    await kept(world, lambda found: len(found["favourites"]) == 1)
    await browser.offline(desk.page, False)
    await desk.page.wait(favourite("Sasi_Chime"))
    await desk.page.wait(favourite("Agent Two"))
    await kept(world, lambda found: len([one for one in found["favourites"] if one["value"]]) == 2)
    await other.page.press("Escape")
    await other.search()
    await other.page.wait(favourite("Agent Two"))
    other.check()


async def test_another_agent_at_the_same_browser_has_his_own(world: World, browser: Browser):
    phone = await world.phone("agent1")
    desk = await Desk.open(world, browser)
    await desk.in_a_call(phone)
    await desk.search()
    await star(desk, "Sasi_Chime")
    await kept(world, lambda found: len(found["favourites"]) == 1)
    await desk.page.press("Escape")
    await desk.button("Hang up")
    await desk.sees("After-call work")
    await desk.page.run(str(STEPS), "noteFocus", "input[name=login]")
    await desk.page.click("header summary")
    await desk.button("Sign out")
    await desk.sign_in("agent2")
    # Whoever types as soon as the form is there loses no letter.
    assert await desk.page.evaluate("batonFocus") == [True]
    # Nor is he told of the last one's customers.
    assert await desk.page.evaluate("document.querySelector('[aria-live]').textContent") == ""
    rest = await world.rest("agent2")
    assert (await rest.get("/v1/me/preferences")).json() == {}
    phone = await world.phone("agent2")
    await desk.page.click("main >> role=button[name='Start work']")
    await desk.page.wait("header select")
    await desk.choose("Available")
    await desk.in_a_call(phone)
    await desk.search()
    await desk.page.wait("[role=option]:has-text('Sasi_Chime')")
    assert await desk.page.count(favourite("Sasi_Chime")) == 0
    desk.check()


async def test_who_cannot_be_signed_out_is_told_so_and_stays(world: World, browser: Browser):
    """The cookie is the server's to end: a form that looked like having signed out would leave the session to the next."""
    desk = await Desk.open(world, browser, state=None)
    await desk.page.click("header summary")
    await browser.offline(desk.page, True)
    await desk.button("Sign out")
    await desk.sees("you are still signed in")
    await desk.picture("still-signed-in")
    await browser.offline(desk.page, False)
    await desk.button("Sign out")
    await desk.page.wait("input[name=login]")
    await desk.page.reload()
    await desk.page.wait("input[name=login]")
