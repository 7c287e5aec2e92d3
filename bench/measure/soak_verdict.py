"""What the parties of a soak run counted, against what the server wrote down: the table, and whether each line holds."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from measure.machine import describe
from measure.soak import Seen

OUTCOMES = ("connected", "returned", "canceled", "failed", "abandoned", "handedOver")
SLOW_COMMIT = r"journal: .* took (\d+) ms, the disk is slow"
#: Warnings and errors that the run causes on purpose, each with its reason. Anything else fails the run.
EXPLAINED = (
    (r"journal: a (commit|part of a snapshot) took \d+ ms, the disk is slow", "the disk of this machine was busy"),
)
#: Seconds until a server takes traffic again; one that is asked to leave writes its state down first.
AWAY = {"killed": 5, "handed over": 10}
#: A customer may go unanswered if he called that shortly before a stop, or while nobody was there (seconds).
AROUND_A_STOP = 3.0
#: Of the resident memory, an hour; two processes of the same program and age differ by that much anyway.
GROWTH_AN_HOUR = 0.10


@dataclass(frozen=True)
class Line:
    """One line of the table. `holds`: None where it only tells."""

    what: str
    measured: str
    wanted: str = ""
    holds: bool | None = None


def rows(file: Path) -> Iterator[dict[str, str]]:
    with open(file, newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def some(names: list[str]) -> str:
    """The first few of what is wrong, to look for."""
    return "" if not names else " (" + ", ".join(names[:3]) + (", ..." if len(names) > 3 else "") + ")"


class Verdict:
    """Reads what a run left in its folder."""

    def __init__(self, folder: Path, seen: Seen):
        self.folder, self.seen = folder, seen
        self.lines: list[Line] = []
        self.slow_commits = self._slow_commits()
        self._load()
        self._customers()
        self._transfers()
        self._parties()
        self._server()
        self._memory()
        self._log()

    @property
    def failed(self) -> list[str]:
        return [line.what for line in self.lines if line.holds is False]

    def tell(self, what: str, measured: str) -> None:
        self.lines.append(Line(what, measured))

    def judge(self, what: str, measured: str, wanted: str, holds: bool) -> None:
        self.lines.append(Line(what, measured, wanted, holds))

    def none(self, what: str, found: list[str]) -> None:
        self.judge(what, f"{len(found)}{some(found)}", "0", not found)

    # --- Line by line -------------------------------------------------------------------------------------------

    def _load(self) -> None:
        seen, figures = self.seen, self.seen.figures
        self.judge("load", f"{figures['called'] / seen.seconds:.1f} calls and {figures['accepted'] / seen.seconds:.1f} transfers a second "
                           f"for {seen.seconds / 60:.1f} min, {figures['answered']} of {figures['called']} answered"
                   + (", interrupted" if seen.interrupted else ""),
                   "most answered, some transferred", 2 * figures["answered"] > figures["called"] and figures["accepted"] > 0)
        self.tell("server's CPU", f"{seen.cpu_seconds / seen.seconds:.2f} cores")
        for how in sorted({stop.how for stop in seen.stops}, reverse=True):
            away = sorted(stop.away for stop in seen.stops if stop.how == how)
            most = AWAY.get(how, 5) * seen.plan.slack
            self.judge(f"server {how}", f"{len(away)} times; traffic again after {statistics.median(away):.1f} s, at most {away[-1]:.1f} s",
                       f"at most {most:g} s", away[-1] <= most)
        for how in sorted(set(seen.plan.stops) - {stop.how for stop in seen.stops}, reverse=True):
            if not seen.interrupted:
                self.judge(f"server {how}", "never", "at least once", False)

    def _customers(self) -> None:
        calls = list(rows(self.folder / "calls.tsv"))
        answered = [call for call in calls if call["answered"] == "1"]
        with sqlite3.connect(self.folder / "centre" / "baton.db") as store:
            records: dict[str, list[bool]] = defaultdict(list)
            for customer, ended in store.execute(
                    "SELECT customer, json_extract(json, '$.endedAt') IS NOT NULL FROM contacts WHERE direction = 'inbound'"):
                records[customer].append(bool(ended))
        good = [call for call in answered if records.get(call["number"]) == [True]]
        missing = [call["number"] for call in answered if records.get(call["number"]) != [True]]
        self.judge("customers who were answered, each recorded once and with an end", f"{len(good)} of {len(answered)}{some(missing)}",
                   "all", not missing)
        known = {call["number"] for call in calls}
        self.none("records that no customer knows of, or twice of one call",
                  [number for number, found in records.items() if number not in known or len(found) > 1])
        self.none("records without an end", [number for number, found in records.items() if not all(found)])
        self.none("customers whose call the server ended though nobody had hung up",
                  [call["number"] for call in calls if call["end"] == "them" and call["excused"] == "0"])
        waited = [call["number"] for call in calls if call["gave_up"] == "1"]
        self.judge("customers who gave up after two minutes", f"{len(waited)}{some(waited)}", "at most 0.1 %",
                   len(waited) <= len(answered) / 1000)
        open_calls = [call["number"] for call in calls if not call["end"]]
        self.none("customers whose call is still up", open_calls)
        around = AROUND_A_STOP * self.seen.plan.slack
        spans = [(stop.at - around, stop.at + stop.away + around) for stop in self.seen.stops]
        silent, odd = [], []
        for call in calls:
            if call["answered"] == "1" or call["end"].startswith("refused") or not call["end"]:
                continue
            began = float(call["began"])
            (silent if any(first <= began <= last for first, last in spans) else odd).append(call["number"])
        self.judge("customers whom nobody answered", f"{len(silent)} at a stop of the server, {len(odd)} else{some(odd)}",
                   "0 else", not odd)
        self._refused([call for call in calls if call["end"].startswith("refused")], spans)

    def _refused(self, calls: list[dict[str, str]], stops: list[tuple[float, float]]) -> None:
        """With 503 a server may refuse a call while a commit takes long, of which its log tells, and as it is stopped."""
        slow = stopped = 0
        odd = []
        for call in calls:
            began, ended, code = float(call["began"]), float(call["ended"]), call["end"].split()[1]
            if code == "503" and any(first <= ended and began <= last for first, last in self.slow_commits):
                slow += 1
            elif code == "503" and any(first <= ended and began <= last for first, last in stops):
                stopped += 1
            else:
                odd.append(f"{call['number']} with {code}")
        self.judge("calls that were refused", f"{slow} while the disk was slow, {stopped} at a stop of the server, {len(odd)} else{some(odd)}",
                   "0 else", not odd)

    def _transfers(self) -> None:
        requests = list(rows(self.folder / "requests.tsv"))
        accepted = {request["transfer"]: request for request in requests if request["transfer"]}
        with sqlite3.connect(self.folder / "centre" / "baton.db") as store:
            records = {}
            for transfer, timeline in store.execute("SELECT id, timeline FROM transfers"):
                records[transfer] = [step["state"] for step in json.loads(timeline)["items"] if step["state"] in OUTCOMES]
        kinds = Counter(request["kind"] for request in accepted.values())
        outcomes = Counter(outcome for found in records.values() for outcome in found)
        self.tell("transfers by kind", ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()))
        self.tell("by outcome", ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common()))
        wrong = [transfer for transfer, request in accepted.items()
                 if request["outcomes"] != "1" or records.get(transfer) != [request["outcome"]]]
        self.judge("accepted transfers with exactly one outcome, the same for desktop and record",
                   f"{len(accepted) - len(wrong)} of {len(accepted)}{some(wrong)}", "all", not wrong)
        self.none("recorded transfers that no desktop knows of", [transfer for transfer in records if transfer not in accepted])
        self.none("requests that got no answer", [request["id"] for request in requests if not request["transfer"] and not request["refused"]])
        again = [request for request in requests if int(request["sent"]) > 1]
        twice = [request["id"] for request in again if request["other_transfers"] != "0"]
        self.judge("requests sent more than once under their id", f"{len(again)}, of which handed on twice: {len(twice)}{some(twice)}",
                   "0 twice", not twice)
        gone = [transfer for transfer, request in accepted.items() if request["outcome"] == "failed" and request["custody"] == "gone"]
        self.none("customers lost at the end of a fallback chain", gone)
        refused = Counter(request["refused"] for request in requests if request["refused"])
        self.tell("requests refused", ", ".join(f"{number} {reason}" for reason, number in refused.most_common()) or "0")
        self.judge("errors of the server's own", str(sum(number for name, number in self.seen.figures["errors"].items()
                                                         if name.endswith(" internal"))), "0",
                   not any(name.endswith(" internal") for name in self.seen.figures["errors"]))

    def _parties(self) -> None:
        figures = self.seen.figures
        self.tell("parties who died without a word", f"{figures['died_customers']} customers, {figures['died_destinations']} destinations, "
                                                     f"{figures['died_phones']} agents' phones")
        self.judge("desktops", f"{figures['reconnects']} came back; {figures['events']} events, {figures['gaps']} gaps, "
                               f"{figures['resyncs']} had to read the state anew", "0 and 0",
                   figures["gaps"] + figures["resyncs"] == 0)
        self.judge("phones", f"{figures['registrations']} registrations, {figures['registrations_refused']} refused, "
                             f"{figures['registrations_unanswered']} without an answer", "0 and 0",
                   figures["registrations_refused"] + figures["registrations_unanswered"] == 0)
        self.judge("SIP messages", f"{figures['sip_messages']}, of which sent again by the parties {figures['sip_repeated']}; "
                                   f"{figures['sip_strangers']} for a dialog that is none", "0 for none", figures["sip_strangers"] == 0)

    def _server(self) -> None:
        left = self.seen.left_over
        self.judge("left in the server", ", ".join(f"{name} {value:.0f}" for name, value in left.items()) or "no leg, call, transfer, command",
                   "nothing", not left)
        self.judge("dialogs left at the parties", str(self.seen.figures["legs_alive"]), "0", self.seen.figures["legs_alive"] == 0)
        self.none("deaths of the server by itself, wrong exit codes", self.seen.faults)

    def _memory(self) -> None:
        """The same age of each process is compared; within one, what is kept for desktops is filled up anew."""
        plan = self.seen.plan
        first, last = 0.6 * plan.kill_every, 0.95 * plan.kill_every
        by_life: dict[int, list] = defaultdict(list)
        for sample in self.seen.samples:
            if first <= sample.age <= last and sample.at <= self.seen.seconds:
                by_life[sample.life].append(sample)
        points = [(statistics.mean(s.at for s in found), statistics.median(s.resident for s in found))
                  for found in by_life.values()]
        # The limits of what is remembered are reached within the first minutes.
        points = [point for point in points if point[0] >= min(360, self.seen.seconds / 4)]
        peak = max((sample.resident for sample in self.seen.samples), default=0)
        text = f"at most {peak / 2**20:.0f} MiB"
        if len(points) < 4 or points[-1][0] - points[0][0] < 600:
            self.tell("resident memory", text + "; too short a run to tell whether it grows")
            return
        fit = statistics.linear_regression([at for at, _ in points], [resident for _, resident in points])
        growth = fit.slope * 3600
        level = statistics.mean(resident for _, resident in points)
        self.judge(f"resident memory of {len(points)} processes at the same age",
                   f"{points[0][1] / 2**20:.0f} MiB first, {points[-1][1] / 2**20:.0f} MiB last, fit {growth / 2**20:+.0f} MiB an hour; {text}",
                   f"below {GROWTH_AN_HOUR:.0%} an hour", growth < GROWTH_AN_HOUR * level)

    def _log_lines(self) -> Iterator[tuple[str, float]]:
        """What the server's processes wrote, and when: Unix seconds, 0 where a line is not the log's."""
        for file in sorted(self.folder.glob("baton-*.err")):
            for line in file.read_text(errors="replace").splitlines():
                try:
                    parts = json.loads(line)
                    yield parts["msg"], datetime.fromisoformat(parts["time"]).timestamp()
                except (ValueError, KeyError, TypeError):
                    yield line, 0

    def _slow_commits(self) -> list[tuple[float, float]]:
        """From when to when each was under way: the log tells of one once it is over."""
        found = ((re.search(SLOW_COMMIT, text), at) for text, at in self._log_lines())
        return [(at - int(match.group(1)) / 1000, at) for match, at in found if match]

    def _log(self) -> None:
        kinds: Counter[str] = Counter()
        odd: list[str] = []
        for text, _ in self._log_lines():
            reason = next((why for pattern, why in EXPLAINED if re.search(pattern, text)), None)
            if reason:
                kinds[reason] += 1
            else:
                odd.append(text)
        self.judge("warnings and errors in the log", (", ".join(f"{number}: {reason}" for reason, number in kinds.items()) or "none")
                   + (f"; unexplained: {len(odd)}" + "".join(f" `{text[:160]}`" for text in odd[:3]) if odd else ""),
                   "none unexplained", not odd)

    # --- The table ----------------------------------------------------------------------------------------------

    def table(self, date: str, version: str) -> str:
        plan = self.seen.plan
        marks = {True: "holds", False: "**does not hold**", None: ""}
        half = f" (half of the benchmark's {plan.reached:.0f} transfers a second)" if plan.reached else ""
        head = (f"{date}, {version}, {describe()}. {plan.rate:g} calls a second asked for{half}, {plan.agents} agents, the server stopped every "
                f"{plan.kill_every:g} s, seed {plan.seed}.")
        lines = ["| | measured | must be | |", "|---|---|---|---|"]
        lines += [f"| {line.what} | {line.measured.replace('|', '/')} | {line.wanted} | {marks[line.holds]} |" for line in self.lines]
        return head + "\n\n" + "\n".join(lines) + "\n"
