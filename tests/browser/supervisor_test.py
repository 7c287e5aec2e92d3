"""The supervisor's view: what happens now, what happened, and what a supervisor does about it, with real calls."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from harness.browser import Browser
from harness.config import example_directory
from harness.desk import STEPS, Desk, Watch
from harness.marks import with_directory
from harness.samples import DIAL_PAD, quick_connect, second_queue
from harness.world import INBOUND, World

QUEUE = "CallSummary-HVOC-Queue"


async def test_an_agent_is_told_whom_the_view_is_for(world: World, browser: Browser):
    watch = await Watch.open(world, browser, "agent1")
    await watch.sees("This view is for supervisors")
    await watch.picture("supervisor-not-for-agents")
    assert not [url for _, url in watch.page.requests if url.endswith("/v1/ws-tickets")], "it asked for everybody's events"
    await watch.page.click("text=To the agent desktop >> visible=true")
    await watch.sees("You are not at work yet")
    watch.check()


async def test_the_desktop_leads_a_supervisor_to_his_view(world: World, browser: Browser):
    desk = await Desk.open(world, browser, "supervisor1", state=None)
    await desk.page.click("header summary")
    await desk.page.click("text=The supervisor's view")
    await desk.sees("Nobody is being handed on right now.")
    desk.check()


async def test_queues_and_agents_are_live(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.tile("Customers waiting", "0")
    await watch.sees("Nobody is being handed on right now.")
    await watch.picture("supervisor-empty")
    calls = [await (await world.customer()).call(INBOUND, wait=True) for _ in range(2)]
    await watch.tile("Customers waiting", "2")
    await watch.page.wait(f"tr.waiting:has-text('{QUEUE}')")
    desktop, phone = await world.agent("agent2")
    await watch.sees("Call offered")
    await watch.page.wait("li.flight:has-text('Is being offered to agent2') button:disabled")
    await watch.page.wait(f"li.flight:has-text('Waiting in {QUEUE}') button:enabled")
    await desktop.answer()
    await phone.incoming()
    await watch.sees("In a call")
    await watch.tile("Customers waiting", "1")
    await watch.picture("supervisor-waiting")
    for call in calls:
        await call.hangup()
    await watch.tile("Customers waiting", "0")
    watch.check()


async def test_a_transfer_is_followed_and_cancelled(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.sees("Nobody is being handed on right now.")
    desktop, phone = await world.agent("agent1")
    talking = await world.talking("agent1", at_work=(desktop, phone))
    await world.desktop("agent2", "Break")
    await (await world.customer()).call(INBOUND, wait=True)
    await desktop.blind_transfer(DIAL_PAD)
    third = await world.carrier.incoming()
    await watch.tile("Transfers in flight", "1")
    await watch.tile("Customers waiting", "1")
    await watch.sees("With agent1")
    await third.ring()
    await watch.sees("Ringing at +1 208 209 7345")
    await watch.sees("Parked, hears a tone")
    await watch.picture("supervisor-live")
    await watch.page.reload()
    await watch.sees("Parked, hears a tone")
    await watch.button("Cancel transfer agent1")
    await watch.sees("Cancel this transfer?")
    await watch.picture("supervisor-cancel")
    desktop.forget()
    await watch.page.click("dialog >> role=button[name='Cancel transfer']")
    await watch.sees("Called off: coming back to agent1")
    await desktop.offered()
    await desktop.answer()
    again = await phone.incoming()
    await again.answered()
    await watch.sees("Came back to agent1: it was called off")
    await watch.tile("Transfers in flight", "0")
    await watch.picture("supervisor-ended")
    await again.hears(talking.customer)
    watch.check()


async def test_all_is_read_anew_after_a_lost_network(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.sees("Nobody is being handed on right now.")
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    third = await world.carrier.incoming()
    await third.ring()
    await watch.sees("Ringing at")
    await browser.offline(watch.page, True)
    await watch.sees("No connection.")
    await watch.picture("supervisor-offline")
    await third.answer()
    await talking.desktop.transfer("connected")
    await browser.offline(watch.page, False)
    await watch.tile("Transfers in flight", "0")
    await watch.sees("+1 208 209 7345 has the customer")
    await watch.page.wait(".banner.away", "detached")


@with_directory(second_queue())
async def test_a_queue_that_was_removed_without_a_connection_goes(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.page.wait("tr:has-text('Billing')")
    await browser.offline(watch.page, True)
    await watch.sees("No connection.")
    rest = await world.rest("supervisor1", "supervisor")
    assert (await rest.request("PUT", "/v1/directory", example_directory())).status == 200
    await browser.offline(watch.page, False)
    await watch.page.wait("tr:has-text('Billing')", "detached")
    await watch.page.wait(f"tr:has-text('{QUEUE}')")


async def test_two_equal_outcomes_are_both_announced(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.sees("Nobody is being handed on right now.")
    await watch.page.evaluate("""(() => {
        const [said, region] = [(globalThis.said = []), document.querySelector("[aria-live=polite]")];
        new MutationObserver(() => said.push(region.textContent)).observe(
            region, { subtree: true, childList: true, characterData: true });
    })()""")
    at_work = await world.agent("agent1")
    for count in (1, 2):
        talking = await world.talking("agent1", at_work=at_work, heard=False)
        await talking.desktop.blind_transfer(DIAL_PAD)
        third = await world.carrier.incoming()
        await third.answer()
        await talking.desktop.transfer("connected")
        await watch.page.until(f"said.filter((text) => text.includes('has the customer')).length === {count}")
        await talking.customer.hangup()
        await talking.desktop.transfer("completed")
        await talking.desktop.publish("InboundCall", "ClearContact")
        await talking.desktop.call_event("Dropped", "agent")
        await third.ended(by="them")
    watch.check()


@with_directory(second_queue())
async def test_waiting_customers_are_moved_to_another_queue(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(quick_connect(QUEUE))
    await watch.sees(f"In the queue {QUEUE}")
    await watch.button("Move agent1 to")
    await watch.sees("Move the waiting customer")
    await watch.page.wait(f"dialog >> text=He waits in {QUEUE}")
    await watch.picture("supervisor-move")
    await watch.button("Move now")
    await watch.sees("In the queue Billing")
    await (await world.customer("+12025550199")).call(INBOUND, wait=True)
    await watch.tile("Customers waiting", "2")
    await watch.button(r"Move \+1 202 555 0199")
    await watch.button("Move now")
    await watch.sees("Waiting in Billing, place 2")
    await watch.page.wait("tr.waiting:has-text('Billing') td:text-is('2')")
    await watch.picture("supervisor-waiting-list")
    watch.check()


@with_directory(second_queue())
async def test_queues_to_move_to_are_read_again_where_that_failed(world: World, browser: Browser):
    page = await browser.open_page(locale="en-US")
    await page.run(str(STEPS), "refuseFirst", "**/v1/quick-connects*")
    watch = Watch(world, browser, page)
    await page.goto(f"{watch.origin}{watch.PATH}")
    await watch.sign_in("supervisor1")
    await (await world.customer()).call(INBOUND, wait=True)
    await watch.tile("Customers waiting", "1")
    await watch.button(r"Move \+1 ")
    await watch.button("Move now")  # It comes with the list, while the dialog is open.
    await watch.sees("Waiting in Billing, place 1")
    watch.allowed_console = ("status of 429",)
    watch.check()


@with_directory(second_queue(maxWaiting=1))
async def test_why_a_customer_cannot_be_moved_is_said(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await (await world.customer()).call("+18005550102", wait=True)
    await (await world.customer("+12025550199")).call(INBOUND, wait=True)
    await watch.tile("Customers waiting", "2")
    await watch.button(r"Move \+1 202 555 0199")
    await watch.button("Move now")
    await watch.sees("Refused: the queue is full")
    await watch.sees(f"Waiting in {QUEUE}, place 1")
    watch.allowed_console = ("status of 422",)
    watch.check()


async def handed_on(world: World, number: str, answer: bool) -> dict[str, Any]:
    """A transfer to an outside number by an agent of his own, to its outcome; the record of it."""
    talking = await world.talking(number)
    await talking.desktop.blind_transfer(DIAL_PAD)
    third = await world.carrier.incoming()
    if answer:
        await third.ring()
        await third.answer()
    else:
        await third.reject(486)
    outcome = await talking.desktop.transfer("connected" if answer else "failed")
    await talking.customer.hangup()
    return outcome


async def test_the_pictures_show_what_the_server_counts(world: World, browser: Browser):
    for agent, answer in (("agent1", True), ("agent2", False), ("agent3", True)):
        await handed_on(world, agent, answer)
    boss = await world.rest("supervisor1", "supervisor")
    counted = (await boss.get("/v1/statistics")).json()
    assert (counted["total"]["accepted"], counted["total"]["connected"], counted["total"]["failed"]) == (3, 2, 1)
    watch = await Watch.open(world, browser)
    await watch.page.click("nav >> text=Figures")
    await watch.page.wait(".tile:has(dt:text-is('Transfers')) dd:has-text('3')")
    await watch.page.wait(".tile:has(dt:text-is('Connected')) dd:has-text('67 % of 3')")
    await watch.page.wait("#by-reason tr:has-text('the line is busy') >> td:text-is('1')")
    await watch.page.wait(f"#flow svg text:has-text('{QUEUE}')")
    await watch.page.wait("#time-to-human .mark >> text=/^Median/")
    await watch.page.wait("#compare tr:has-text('agent2') >> td:text-is('100 %') >> visible=true")
    await watch.picture("supervisor-figures", whole=True)
    await watch.page.click("#over-time summary")
    sums = await watch.page.evaluate("""[...document.querySelectorAll('#over-time tbody tr')].map(
        (row) => Number(row.querySelector('td').textContent)).reduce((a, b) => a + b, 0)""")
    assert sums == counted["total"]["accepted"]
    for name in ("Last day", "Last week"):
        await watch.button(name)
        await watch.page.wait(f"role=button[name='{name}'][pressed=true]")
        await watch.page.wait(".tile:has(dt:text-is('Transfers')) dd:has-text('3')")
    await watch.button("Kind of destination")
    await watch.page.wait("#compare tr:has-text('Dialled number')")
    await watch.page.reload()
    await watch.page.wait("#compare tr:has-text('Dialled number')")
    assert await watch.page.axe() == []
    watch.check()


async def test_pictures_of_a_time_of_ones_own_choice(world: World, browser: Browser):
    await handed_on(world, "agent1", True)
    watch = await Watch.open(world, browser, timezoneId="UTC")

    async def choose(begin: timedelta, end: timedelta | None) -> None:
        now = datetime.now(timezone.utc)
        for name, back in (("from", begin), ("to", end)):
            text = "" if back is None else f"{now - back:%Y-%m-%dT%H:%M}"
            await watch.page.fill(f"form.own-time input[name={name}]", text)
        await watch.button("Show")

    await watch.page.goto(f"{watch.origin}/supervisor/#view=figures")
    await watch.page.wait(".tile:has(dt:text-is('Transfers')) dd:has-text('1')")
    await choose(timedelta(days=2), timedelta(days=1))
    await watch.sees("Nobody was handed on in this time.")
    await watch.page.wait("role=button[name='Show'][pressed=true]")
    await choose(timedelta(hours=1), timedelta(hours=2))
    await watch.sees("lies after “until”")
    await choose(timedelta(days=40), None)
    await watch.sees("Choose a time of at most 31 days.")
    await choose(timedelta(days=30), None)
    await watch.page.wait(".tile:has(dt:text-is('Transfers')) dd:has-text('1')")
    await watch.picture("supervisor-own-time", whole=True)
    await watch.page.reload()
    await watch.page.wait("role=button[name='Show'][pressed=true]")
    await watch.page.wait(".tile:has(dt:text-is('Transfers')) dd:has-text('1')")
    assert await watch.page.value("form.own-time input[name=from]") != ""
    await watch.button("Last hour")
    await watch.page.wait("role=button[name='Last hour'][pressed=true]")
    watch.check()


async def test_nothing_to_count_is_said(world: World, browser: Browser):
    watch = await Watch.open(world, browser)
    await watch.page.click("nav >> text=Figures")
    await watch.sees("Nobody was handed on in this time.")
    await watch.picture("supervisor-no-figures")
    await watch.page.click("nav >> text=Search")
    await watch.sees("No transfer fits.")
    await watch.picture("supervisor-nothing-found")
    watch.check()


async def test_a_transfer_is_found_and_its_steps_are_told(world: World, browser: Browser):
    good = await handed_on(world, "agent1", True)
    await handed_on(world, "agent2", False)
    watch = await Watch.open(world, browser)
    await watch.page.click("nav >> text=Search")
    await watch.sees("2 transfers")
    await watch.picture("supervisor-search")
    await watch.page.fill("input[name=agent]", "agent1")
    await watch.page.press("Enter")
    await watch.sees("1 transfer")
    assert await watch.page.evaluate("document.activeElement.name") == "agent", "the focus stays where it was typed"
    await watch.page.reload()
    await watch.sees("1 transfer")
    assert await watch.page.value("input[name=agent]") == "agent1"
    link = "table.results tbody tr:first-child a"
    await watch.page.click(link)
    await watch.page.wait("dialog ol.steps li:has-text('Ringing') >> visible=true")
    boss = await world.rest("supervisor1", "supervisor")
    steps = (await boss.get(f"/v1/transfers/{good['transferId']}/timeline")).json()["items"]
    assert await watch.page.count("dialog ol.steps li") == len(steps)
    await watch.page.wait("dialog ol.steps li:first-child >> text=+0:00.000")
    await watch.page.wait("dialog ol.steps li:last-child >> text=+1 208 209 7345")
    await watch.picture("supervisor-timeline")
    await watch.page.press("Escape")
    await watch.page.wait("dialog", "detached")
    assert await watch.page.evaluate(f"document.activeElement === document.querySelector('{link}')")
    watch.check()


async def test_the_next_one_at_the_same_browser_is_not_told_what_was_found(world: World, browser: Browser):
    await handed_on(world, "agent1", True)
    watch = await Watch.open(world, browser)
    await watch.page.click("nav >> text=Search")
    await watch.page.wait("[aria-live=polite]:has-text('1 transfer')", "attached")  # A screen reader is told.
    await watch.page.click("nav >> text=Live")
    await watch.sees("Nobody is being handed on right now.")
    await watch.page.click("header summary")
    await watch.button("Sign out")
    await watch.sign_in("supervisor1")
    await watch.sees("Nobody is being handed on right now.")
    assert await watch.page.evaluate("document.querySelector('[aria-live]').textContent") == ""
    watch.check()


@pytest.mark.config({"limits.csv_transfers": 1})
async def test_what_was_searched_for_is_downloaded_as_csv_and_a_cut_is_said(world: World, browser: Browser):
    good = await handed_on(world, "agent1", True)
    newest = await handed_on(world, "agent2", False)
    watch = await Watch.open(world, browser)
    await watch.page.goto(f"{watch.origin}/supervisor/#view=find&agent=agent1")
    name, text = await watch.page.run(str(STEPS), "download", "text=Download as CSV")
    assert name == "transfers.csv"
    header, *rows = text.splitlines()
    assert header.startswith("transferId,contactId,agent,state")
    assert len(rows) == 1 and rows[0].startswith(f"{good['transferId']},") and ",agent1," in rows[0]
    await watch.page.wait("button:enabled:has-text('Download as CSV')")
    assert await watch.page.count("text=The file has the newest") == 0, "it has all"
    await watch.page.goto(f"{watch.origin}/supervisor/#view=find")
    await watch.sees("2 transfers")
    _, text = await watch.page.run(str(STEPS), "download", "text=Download as CSV")
    assert [row.partition(",")[0] for row in text.splitlines()[1:]] == [newest["transferId"]]
    await watch.sees("The file has the newest 1 of 2 transfers. Choose a shorter time to get the others.")
    await watch.picture("supervisor-csv-cut")
    watch.check()


async def test_a_long_list_comes_in_pages(world: World, browser: Browser):
    await handed_on(world, "agent1", True)
    boss = await world.rest("supervisor1", "supervisor")
    (record,) = (await boss.get("/v1/transfers")).json()["items"]
    watch = await Watch.open(world, browser)
    # A hundred transfers would take long: a list that says that there is more.
    await watch.page.run(str(STEPS), "answers", "**/v1/transfers?limit=50", {"items": [record], "nextCursor": "more"})
    await watch.page.run(str(STEPS), "answers", "**/v1/transfers?limit=50&cursor=more",
                         {"items": [{**record, "transferId": record["contactId"], "agent": "agent9"}], "nextCursor": None})
    await watch.page.click("nav >> text=Search")
    await watch.sees("1 transfers, and more")
    await watch.button("Show more")
    await watch.page.wait("table.results tr:has-text('agent9')")
    await watch.sees("2 transfers")
    assert await watch.page.count("table.results tbody tr") == 2
    watch.check()


async def test_a_wrong_id_is_refused_before_it_is_asked_for(world: World, browser: Browser):
    await handed_on(world, "agent1", True)
    watch = await Watch.open(world, browser)
    await watch.page.goto(f"{watch.origin}/supervisor/#view=find")
    await watch.sees("1 transfer")
    await watch.page.fill("input[name=contactId]", "d675473e")
    await watch.page.press("Enter")
    await watch.sees("A contact id looks like")
    assert await watch.page.axe() == []
    watch.check()


async def test_german_and_the_keyboard_alone(world: World, browser: Browser):
    watch = await Watch.open(world, browser, locale="de-DE")
    await watch.sees("Gerade wird niemand weitergegeben.")
    for view, heading in (("Zahlen", "Zahlen"), ("Suche", "Weitergaben suchen")):
        await watch.page.run(str(STEPS), "focus", f"nav a:has-text('{view}')")
        await watch.page.press("Enter")
        await watch.page.wait(f"h1:has-text('{heading}')")
    # A date as it is written in German: "28. Nov. 2026, 22:12:13".
    await handed_on(world, "agent1", True)
    await watch.page.reload()
    await watch.page.wait("table.results th a:text-matches('^\\\\d{1,2}\\\\. \\\\p{L}+\\\\.? \\\\d{4}, \\\\d\\\\d:\\\\d\\\\d:\\\\d\\\\d$', 'u')")
    watch.check()


def busy_day() -> dict[str, Any]:
    """Statistics of a day with every outcome, as the server would give them."""
    names = ("connected", "returned", "canceled", "failed", "abandoned", "handedOver", "open")

    def counts(*values: int) -> dict[str, int]:
        return {"accepted": sum(values), **dict(zip(names, values, strict=True))}

    def total(many: list[dict[str, Any]]) -> dict[str, int]:
        return counts(*(sum(one[name] for one in many) for name in names))

    start = datetime(2026, 1, 5, tzinfo=timezone.utc)
    buckets = [{"at": stamp(start + timedelta(hours=hour)),
                **counts(6 * load, load, load // 2, load // 3, load // 4, load // 2, int(hour == 19))}
               for hour, load in zip(range(7, 20), (1, 3, 6, 8, 7, 4, 3, 5, 7, 6, 4, 2, 1), strict=True)]
    groups = [{"name": f"agent{i}", **counts(40 - 7 * i, i, 3, i, 1, 4, 0)} for i in range(1, 5)]
    flows = [(QUEUE, "Billing", "queue", 180), (QUEUE, "+12082097345", "dial_pad", 60), (QUEUE, "Agent Two", "agent", 44),
             ("Sales", "Billing", "queue", 70), ("Sales", "Sasi_Chime", "phone_number", 52), (None, "Agent Three", "agent", 21)]
    whole = total(buckets)
    return {
        "from": stamp(start), "to": stamp(start + timedelta(hours=24)), "bucketSeconds": 3600, "total": whole, "buckets": buckets,
        "reasons": [{"outcome": outcome, "reason": reason, "count": count} for outcome, reason, count in (
            ("returned", "noAnswer", 41), ("canceled", "canceled", 25), ("failed", "busy", 12), ("returned", "queueClosed", 9),
            ("failed", "numberNotFound", 3))],
        "timeToHuman": {"count": whole["connected"], "upToSeconds": [5, 10, 20, 30, 60, 120, 300, 600],
                        "counts": [38, 84, 96, 57, 39, 17, 7, 3, 1], "medianSeconds": 13.4, "p90Seconds": 66.0},
        "flows": [dict(zip(("from", "to", "toKind", "count"), one, strict=True)) for one in flows],
        "bounceBacks": whole["returned"], "groups": groups,
    }


def stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")


async def test_a_busy_day_is_drawn(world: World, browser: Browser):
    """Pictures with everything in them, which a handful of real calls does not give; planted."""
    watch = await Watch.open(world, browser, timezoneId="UTC")
    planted = busy_day()
    await watch.page.run(str(STEPS), "answers", "**/v1/statistics*", planted)
    await watch.page.goto(f"{watch.origin}/supervisor/#view=figures&range=day")
    total = planted["total"]["accepted"]
    await watch.page.wait(f".tile:has(dt:text-is('Transfers')) dd:has-text('{total}')")
    assert await watch.page.count("#over-time svg g:has(rect.column)") == 13
    await watch.page.wait("#over-time svg text:has-text('12:00')")
    assert await watch.page.count("#flow svg path.ribbon") == 6
    returned = planted["total"]["returned"]
    assert await watch.page.count("#bounces svg g:has(rect.column)") == sum(1 for one in planted["buckets"] if one["returned"])
    await watch.page.wait(f"#bounces >> text=/^{returned} came back, .* most often, 41: nobody answered/")
    await watch.picture("supervisor-busy-day", whole=True)
    watch.check()
