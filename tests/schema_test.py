"""The schemas are schemas, the published samples fit them, and so does all that the server can print.

Run with Debian's Python: /usr/bin/python3 -m pytest tests/schema_test.py
The program baton_message_samples is looked for in $BATON_MESSAGE_SAMPLES, then below build/.
"""

import copy
import json
import os
import pathlib
import re
import subprocess

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "schema"
FIXTURES = ROOT / "tests" / "fixtures" / "messages"
DOCUMENTS = {"asyncapi.json", "openapi.json", "events.json"}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


SCHEMAS = {path.name: read(path) for path in sorted(SCHEMA.glob("*.json")) if path.name not in DOCUMENTS}
EVENTS = read(SCHEMA / "events.json")
STORE = {schema["$id"]: schema for schema in SCHEMAS.values()}


def validator(name):
    schema = SCHEMAS[name]
    resolver = jsonschema.RefResolver(schema["$id"], schema, store=STORE)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


VALIDATORS = {name: validator(name) for name in SCHEMAS}


def faults(name, value):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in VALIDATORS[name].iter_errors(value)]


def event_schema(event):
    return EVENTS[f"{event['topic']}/{event['subtopic']}"]


def request_schema(request):
    """The schema of the request's topic and subtopic, as schema/README.md tells it."""
    for name, schema in SCHEMAS.items():
        if not name.startswith("request-") or name == "request-not-supported.json":
            continue
        topic = schema["properties"]["topic"]["const"]
        subtopic = schema["properties"]["subtopic"]
        if request["topic"] == topic and request["subtopic"] in subtopic.get("enum", [subtopic.get("const")]):
            return name
    raise AssertionError(f"no schema for {request['topic']} / {request['subtopic']}")


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def resolve(reference, document):
    name, _, pointer = reference.partition("#")
    target = read(SCHEMA / name) if name else document
    for part in filter(None, pointer.split("/")):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return target


@pytest.mark.parametrize("name", SCHEMAS)
def test_is_a_schema(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"].endswith("/" + name)


@pytest.mark.parametrize("path", sorted(SCHEMA.glob("*.json")), ids=lambda p: p.name)
def test_every_reference_leads_somewhere(path):
    document = read(path)
    for reference in references(document):
        assert resolve(reference, document) is not None, reference


def test_every_file_is_in_the_index():
    index = (SCHEMA / "README.md").read_text(encoding="utf-8")
    for path in SCHEMA.glob("*.json"):
        assert f"({path.name})" in index, path.name
    for name in re.findall(r"\]\(([a-z-]+\.json)\)", index):
        assert (SCHEMA / name).exists(), name


def objects(value, place=""):
    """Every object schema that describes one value, with its place."""
    if isinstance(value, dict):
        if value.get("type") == "object":
            yield place, value
        for key, item in value.items():
            if key not in ("not", "if"):
                yield from objects(item, f"{place}/{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from objects(item, f"{place}/{i}")


def test_what_we_send_is_told_exactly():
    received = {"quickConnect", "transferOptions"}
    for name, schema in SCHEMAS.items():
        if name.startswith("request") or name.endswith("-request.json") or name == "rest-directory.json":
            continue
        for place, found in objects(schema):
            if name == "common.json" and place.split("/")[2] in received:
                continue
            assert "additionalProperties" in found, f"{name}{place}"


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda p: p.name)
def test_published_samples_fit(path):
    request = read(path)
    assert faults(request_schema(request), request) == []
    assert faults("request.json", request) == []


@pytest.mark.parametrize("path", sorted((FIXTURES / "events").glob("*.json")), ids=lambda p: p.name)
def test_published_events_fit_but_for_our_additions(path):
    event = read(path)
    for message in [event["message"]["call"]] if "call" in event["message"] else []:
        message["ButtonStates"]["items"]["blindTransfer"] = "Hide"
        message["ResponseActual"]["buttonStates"]["blindTransfer"] = False
    for leg in event["message"].get("calls", []):
        leg["buttonStates"]["blindTransfer"] = False
    assert faults(event_schema(event), event) == []


QUEUE = read(FIXTURES / "blind-transfer-queue.json")


def changed(**data):
    request = copy.deepcopy(QUEUE)
    request["data"].update(data)
    return request


@pytest.mark.parametrize(
    "request_",
    [
        {**QUEUE, "channel": "Cisco"},
        {**QUEUE, "data": None},
        {**QUEUE, "data": 12082097345},
        {**QUEUE, "data": []},
        {**QUEUE, "data": "12082097345"},
        {**QUEUE, "data": "+0208"},
        {**QUEUE, "data": "“+12082097345”"},
        {**QUEUE, "source": ""},
        {**QUEUE, "options": {"releaseOn": "ringing"}},
        {**QUEUE, "options": {"ringTimeoutSeconds": 4}},
        {**QUEUE, "options": {"queueTimeoutSeconds": 86401}},
        {**QUEUE, "options": {"onFailure": ["queue:Sales"]}},
        {**QUEUE, "options": {"note": "x" * 2001}},
        {**QUEUE, "options": {"attributes": {"a": 1}}},
        {key: value for key, value in QUEUE.items() if key != "data"},
        {key: value for key, value in QUEUE.items() if key != "source"},
        changed(type="external"),
        changed(name=" "),
        changed(name=None),
        changed(endpointARN="arn:aws:connect:us-east-1:1:instance/a/transfer-destination/b"),
        changed(queue=7),
    ],
)
def test_what_the_server_refuses_does_not_fit(request_):
    assert faults("request-blind-transfer.json", request_) != []


@pytest.mark.parametrize("data", ["+12082097345", "+1 (208) 209-7345", " +1.208.209.7345 "])
def test_dial_pad_numbers_fit(data):
    assert faults("request-blind-transfer.json", {**QUEUE, "data": data}) == []


def test_subject_stands_in_for_source():
    request = {key: value for key, value in QUEUE.items() if key != "source"}
    assert faults("request-blind-transfer.json", {**request, "subject": "myapp"}) == []


def samples_program():
    named = os.environ.get("BATON_MESSAGE_SAMPLES")
    if named:
        return named
    found = sorted(ROOT.glob("build/*/src/message/baton_message_samples"), key=lambda p: p.stat().st_mtime)
    if not found:
        pytest.fail(
            "baton_message_samples was not found below build/: build that target, or name it in $BATON_MESSAGE_SAMPLES"
        )
    return str(found[-1])


@pytest.fixture(scope="module", name="samples")
def read_samples():
    run = subprocess.run([samples_program()], check=True, capture_output=True, timeout=60)
    return [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]


def test_every_event_that_we_print_fits(samples):
    seen = set()
    for event in samples:
        if "rest" in event:
            continue
        name = event_schema(event)
        seen.add(name)
        assert faults(name, event) == [], json.dumps(event)
        assert faults("event.json", event) == [], json.dumps(event)
    assert seen == set(EVENTS.values())


def test_every_state_and_reason_is_printed_and_known(samples):
    common = SCHEMAS["common.json"]["$defs"]
    states = {e["message"]["state"] for e in samples if e.get("subtopic") == "TransferStateChange"}
    reasons = {e["data"]["reason"] for e in samples if e.get("topic") == "Error" and "reason" in e["data"]}
    assert states == set(common["transferState"]["enum"])
    assert reasons == set(common["reason"]["enum"])


def test_rest_objects_that_we_print_fit(samples):
    printed = [(sample["rest"], sample["body"]) for sample in samples if "rest" in sample]
    bodies = dict(printed)
    assert set(bodies) == {"transfer", "transfer-timeline", "contact", "preflight"}
    for name, body in printed:
        assert faults(f"rest-{name}.json", body) == []
    assert faults("rest-transfer-list.json", {"items": [bodies["transfer"]], "nextCursor": None}) == []


def test_asyncapi_names_every_message():
    document = read(SCHEMA / "asyncapi.json")
    named = {message["payload"]["$ref"] for message in document["components"]["messages"].values()}
    expected = {n for n in SCHEMAS if n.startswith(("request-", "event-"))}
    assert named == {"./" + name for name in expected}


def test_openapi_names_every_rest_schema():
    named = {reference.removeprefix("./") for reference in references(read(SCHEMA / "openapi.json"))}
    assert {name for name in SCHEMAS if name.startswith("rest-")} <= named
    paths = read(SCHEMA / "openapi.json")["paths"]
    for path in ("/v1/messages", "/v1/login", "/v1/logout", "/v1/ws-tickets", "/v1/transfers", "/v1/transfers/{id}",
                 "/v1/transfers/{id}/timeline", "/v1/transfers/preflight", "/v1/contacts/{id}", "/v1/agents",
                 "/v1/queues", "/v1/quick-connects", "/v1/directory", "/healthz", "/readyz", "/metrics"):
        assert path in paths


EXAMPLES = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "message-api.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_documented_examples_fit(text):
    message = json.loads(text)
    name = request_schema(message) if "source" in message else event_schema(message)
    assert faults(name, message) == []


def test_every_reason_state_and_error_type_is_documented():
    page = (ROOT / "docs" / "message-api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Za-z_]+)`", page))
    common = SCHEMAS["common.json"]["$defs"]
    assert set(common["reason"]["enum"]) <= named
    assert set(common["transferState"]["enum"]) <= named
    table = (ROOT / "src" / "message" / "request_table.cpp").read_text(encoding="utf-8")
    assert set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', table)) <= named
