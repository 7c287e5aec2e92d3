"""An AgentSession as amazon-connect-streams describes it: the snapshot and the configuration that its frame tells of."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from harness.amazon_world import AgentSession

INSTANCE = "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974"
AGENT_ARN = f"{INSTANCE}/agent/704fbb61-4f16-40dc-aa0e-09993cda4ce6"
QUEUE = {"queueARN": f"{INSTANCE}/queue/11111111-1111-1111-1111-111111111111", "queueId": f"{INSTANCE}/queue/1", "name": "BasicQueue"}
#: States of the library's own that an agent may choose.
STATES = [{"agentStateARN": f"{INSTANCE}/agent-state/{n}", "name": name, "type": kind, "startTimestamp": None}
          for n, (name, kind) in enumerate((("Available", "routable"), ("Offline", "offline"), ("Break", "not_routable")))]
PERMISSIONS = ["outboundCall"]
COUNTRIES = ["us"]


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def endpoint(number: str | None) -> dict[str, Any]:
    return {"type": "phone_number", "phoneNumber": number, "endpointARN": None, "endpointId": None, "name": None, "agentLogin": None,
            "queue": None}


def snapshot(session: AgentSession) -> dict[str, Any]:
    """Times are RFC 3339 texts; each member that holds one is named ...timestamp or ...Timestamp."""
    state = session.state
    return {
        "state": {**state, "agentStateARN": None, "startTimestamp": now()}, "nextState": None,
        "agentAvailabilityState": {"state": state["name"], "timeStamp": now()},
        "contacts": [_contact(one) for one in session.contacts],
        "snapshotTimestamp": now(), "localTimestamp": 0, "skew": 0,
    }


def _contact(contact: dict[str, Any]) -> dict[str, Any]:
    return {
        "contactId": contact["contactId"], "initialContactId": None, "type": contact["type"],
        "state": {"type": contact["state"], "timestamp": now()}, "queue": QUEUE, "queueTimestamp": now(), "attributes": {},
        "contactDuration": "0", "contactFeatures": {"multiPartyConferenceEnabled": False}, "name": None, "description": None,
        "references": None, "initiationMethod": "inbound", "channelContext": None,
        "connections": [{
            "connectionId": one["connectionId"], "endpoint": endpoint(one["number"]), "address": endpoint(one["number"]),
            "state": {"type": one["state"], "timestamp": now()}, "type": one["type"], "initial": one["initial"],
            "softphoneMediaInfo": None, "monitoringInfo": None, "mute": False, "quickConnectName": None, "chatMediaInfo": None,
        } for one in contact["connections"]],
    }


def configuration() -> dict[str, Any]:
    profile = f"{INSTANCE}/routing-profile/22222222-2222-2222-2222-222222222222"
    return {
        "agentARN": AGENT_ARN, "name": "Agent 1", "username": "agent1", "extension": "", "softphoneEnabled": False,
        "softphoneAutoAccept": False, "permissions": PERMISSIONS, "dialableCountries": COUNTRIES, "agentStates": STATES,
        "agentPreferences": {}, "routingProfile": {
            "name": "Basic Routing Profile", "routingProfileARN": profile, "routingProfileId": profile,
            "defaultOutboundQueue": QUEUE, "queues": [QUEUE], "channelConcurrencyMap": {"VOICE": 2}},
    }
