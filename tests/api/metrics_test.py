"""/metrics: the figures are those of what happened, and the alerts and the dashboard ask for figures that exist."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from harness.config import SOURCE
from harness.rest import Rest
from harness.samples import DIAL_PAD, quick_connect
from harness.world import World
from peer import QUEUE

MONITORING = SOURCE / "packaging" / "monitoring"
ALERT_TESTS = SOURCE / "tests" / "fixtures" / "alert_rules.yml"
#: A metric of ours as an expression asks for it, with its matchers.
ASKED = re.compile(r"\b(baton_\w+)(?:\{([^}]*)\})?")
SAMPLE = re.compile(r"(baton_\w+)(?:\{(.*)\})? \S+")
#: What Prometheus adds.
FROM_OUTSIDE = {"instance", "job"}


def alerts() -> list[dict]:
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


async def text_of(world: World) -> str:
    return (await Rest(world.metrics_address).get("/metrics")).body.decode()


async def settles(world: World, wanted: dict[str, float]) -> dict[str, float]:
    """Waits for the census, which is taken once a second at most, to say this."""
    return await world.until(world.metrics, lambda figures: wanted.items() <= figures.items(), wanted)


async def test_what_happened_is_counted(world: World):
    talking = await world.talking("agent1")
    await settles(world, {'baton_agents{state="Busy"}': 1, 'baton_contacts{state="active"}': 1, "baton_ready": 1})
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.answer()
    await talking.desktop.transfer("connected")
    figures = await settles(world, {'baton_agents{state="AfterCallWork"}': 1})
    assert figures['baton_transfer_outcomes_total{kind="dial_pad",outcome="connected",reason="none"}'] == 1
    assert figures['baton_transfer_attempts_total{kind="dial_pad"}'] == 1
    assert figures['baton_transfer_seconds_to_human_count{kind="dial_pad",outcome="connected"}'] == 1
    assert 0 < figures['baton_transfer_seconds_to_human_sum{kind="dial_pad",outcome="connected"}'] < 60
    assert figures['baton_sip_responses_total{class="1xx",direction="received"}'] >= 1
    assert figures['baton_sip_responses_total{class="2xx",direction="sent"}'] >= 1
    assert figures["baton_journal_commit_seconds_count"] > 0
    assert figures['baton_limit_hits_total{limit="journal.max_queue"}'] == 0
    assert figures["baton_event_lag_seconds_count"] > 0
    assert figures["baton_event_lag_seconds_sum"] < figures["baton_event_lag_seconds_count"] * 5
    await talking.customer.hangup()
    await target.ended(by="them")
    figures = await settles(world, {"baton_contacts_open": 0})
    assert figures['baton_transfer_outcomes_total{kind="dial_pad",outcome="connected",reason="none"}'] == 1, \
        "a completed transfer is not another outcome"


async def test_a_bounce_and_a_queue(world: World):
    talking = await world.talking("agent1")
    desktop = talking.desktop
    await desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await desktop.call_event("ACW", "agent")
    await target.reject(486)
    await desktop.offered()
    await desktop.answer()
    leg = await talking.agent.peer.incoming()
    await leg.answered()
    await desktop.transfer("returned")
    figures = await world.metrics()
    assert figures['baton_transfer_outcomes_total{kind="dial_pad",outcome="returned",reason="busy"}'] == 1
    assert figures['baton_transfer_bounces_total{to="agent"}'] == 1
    assert figures['baton_transfer_bounces_total{to="queue"}'] == 0

    queue = quick_connect("CallSummary-HVOC-Queue")
    await desktop.blind_transfer(queue)
    await desktop.transfer("queued")
    await talking.customer.hears(QUEUE)
    await settles(world, {'baton_queue_waiting{queue="CallSummary-HVOC-Queue"}': 1,
                          'baton_contacts{state="queued"}': 1})
    later = await settles(world, {})
    assert later['baton_queue_longest_wait_seconds{queue="CallSummary-HVOC-Queue"}'] > 0
    receiver, phone = await world.agent("agent2")
    await receiver.offered()
    await receiver.answer()
    taken = await phone.incoming()
    await taken.answered()
    await desktop.transfer("connected")
    figures = await settles(world, {'baton_queue_waiting{queue="CallSummary-HVOC-Queue"}': 0})
    assert figures['baton_queue_longest_wait_seconds{queue="CallSummary-HVOC-Queue"}'] == 0
    assert figures['baton_queue_wait_seconds_count{queue="CallSummary-HVOC-Queue"}'] >= 1
    assert figures['baton_queue_left_total{by="taken",queue="CallSummary-HVOC-Queue"}'] >= 1
    assert figures['baton_transfer_attempts_total{kind="queue"}'] == 1
    await talking.customer.hangup()
    await taken.ended(by="them")


async def test_a_customer_who_hangs_up_in_transfer(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await talking.customer.hangup()
    await talking.desktop.transfer("abandoned")
    figures = await world.metrics()
    assert figures['baton_transfer_outcomes_total{kind="dial_pad",outcome="abandoned",reason="customerHungUp"}'] == 1


async def test_alerts_and_dashboard_ask_for_what_exists(world: World):
    """By name and by label. One transfer first, so that every family has a sample."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await settles(world, {'baton_agents{state="AfterCallWork"}': 1})
    labels: dict[str, set[str]] = {}
    for name, text in SAMPLE.findall(await text_of(world)):
        labels.setdefault(name, set()).update(re.findall(r'(\w+)="', text))
    asked = set()
    for where, expression in expressions():
        for name, matchers in ASKED.findall(expression):
            assert name in labels, f"{where}: there is no {name}"
            unknown = set(re.findall(r"(\w+)\s*[=!]~?\"", re.sub(r'"[^"]*"', '""', matchers))) \
                - labels[name] - FROM_OUTSIDE
            assert not unknown, f"{where}: {name} has no {unknown}"
            asked.add(name)
        grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
        known = set().union(*(labels[name] for name, _ in ASKED.findall(expression))) if ASKED.search(expression) else set()
        assert grouped <= known | FROM_OUTSIDE, f"{where}: grouped by {grouped - known}"
    assert len(asked) > 20
    await talking.customer.hangup()


async def test_types_and_helps(world: World):
    """What only grows is a counter, so that a rate over a restart is right; everything has a help."""
    text = await text_of(world)
    kinds = dict(re.findall(r"^# TYPE (baton_\w+) (\w+)$", text, re.MULTILINE))
    assert len(kinds) > 40
    for name, kind in kinds.items():
        assert kind == "histogram" or (kind == "counter") == name.endswith("_total"), f"{name} is a {kind}"
        assert re.search(rf"^# HELP {name} \S", text, re.MULTILINE), name
    assert len(re.findall(r"^# TYPE", text, re.MULTILINE)) == len(set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)))


def promtool(*arguments: str | Path) -> str:
    """Runs Prometheus' own checker; what it says."""
    unpacked = subprocess.run([SOURCE / "scripts" / "unpack-promtool"], check=True, capture_output=True, text=True)
    ran = subprocess.run([unpacked.stdout.strip(), *arguments], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_prometheus_takes_the_rules():
    assert f"SUCCESS: {len(alerts())} rules found" in promtool("check", "rules", MONITORING / "alerts.yml")


def test_each_alert_fires_when_it_should():
    """And not before, nor by what looks like it: tests/fixtures/alert_rules.yml plays the figures."""
    assert "SUCCESS" in promtool("test", "rules", ALERT_TESTS)
    played = yaml.safe_load(ALERT_TESTS.read_text(encoding="utf-8"))["tests"]
    cases = [case for test in played for case in test["alert_rule_test"]]
    named = {rule["alert"] for rule in alerts()}
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == named
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == named


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_says_what_to_do(rule: dict):
    """The runbook's anchor is a heading of the page, and the rule has a severity that somebody can route by."""
    assert rule["labels"]["severity"] in ("page", "ticket")
    page, anchor = rule["annotations"]["runbook"].split("#")
    headings = re.findall(r"^#+ (.*)$", (SOURCE / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor == rule["alert"].lower() and rule["alert"] in headings, f"{page} has no heading {rule['alert']}"
