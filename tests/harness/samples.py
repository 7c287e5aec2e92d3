"""Destinations as desktops send them."""

from __future__ import annotations

import json
from typing import Any

from harness.config import SOURCE, example_directory

MESSAGES = SOURCE / "tests" / "fixtures" / "messages"
DIAL_PAD = "+12082097345"
SASI = "+16579994374"


def sample(name: str) -> dict[str, Any]:
    """A published message, word for word in its values."""
    return json.loads((MESSAGES / f"{name}.json").read_text(encoding="utf-8"))


def quick_connect(name: str, **changes: Any) -> dict[str, Any]:
    """The object of a quick connect of the example directory, in the shape of the published samples."""
    found = next(q for q in example_directory()["quickConnects"] if q["name"] == name)
    return {"endpointARN": found["arn"], "endpointId": found["arn"], "type": found["type"], "name": found["name"],
            "phoneNumber": found.get("phoneNumber"), "agentLogin": found.get("agentLogin"), "queue": None, **changes}


def queue_arn(name: str = "CallSummary-HVOC-Queue") -> str:
    return next(q["arn"] for q in example_directory()["queues"] if q["name"] == name)


def arn(kind: str, number: int) -> str:
    """A made-up ARN of the example's instance, for what a test adds to the directory."""
    instance = queue_arn().rsplit("/queue/", 1)[0]
    return f"{instance}/{kind}/00000000-0000-4000-8000-{number:012d}"


def second_queue(**changes):
    """Another queue, served by agent2 only, with a quick connect "Billing"."""
    def change(directory):
        queue = {**directory["queues"][0], "arn": arn("queue", 2), "name": "Billing", **changes}
        directory["queues"].append(queue)
        directory["routingProfiles"].append({"arn": arn("routing-profile", 2), "name": "Billing",
                                             "queues": [{"queue": "Billing", "priority": 1}],
                                             "defaultOutboundQueue": "Billing"})
        directory["agents"][1]["routingProfile"] = "Billing"
        directory["quickConnects"].append({"arn": arn("transfer-destination", 2), "name": "Billing", "type": "queue",
                                           "queue": "Billing"})
        directory["inboundNumbers"].append({"number": "+18005550102", "queue": "Billing"})
    return change


BILLING = {"endpointARN": arn("transfer-destination", 2), "endpointId": arn("transfer-destination", 2),
           "type": "queue", "name": "Billing", "phoneNumber": None, "agentLogin": None, "queue": None}
