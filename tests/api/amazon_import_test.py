"""`baton directory import-amazon-connect` against a double of Amazon's REST interface (tests/harness/amazon.py)."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from harness import config
from harness.amazon import INSTANCE, KEY, REGION, SECRET, TOKEN, AmazonConnect, arn, identifier
from harness.server import run
from harness.world import World
from peer.ports import PORTS

VARIABLES = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}


@pytest.fixture
def amazon():
    with AmazonConnect() as service:
        service.phone("Taxi", "+4930123456", "Sales")
        service.phone("Hotel", "+4930123457", "Sales", "Service")
        service.put("To service", {"QuickConnectType": "QUEUE", "QueueConfig": {"QueueId": identifier("Service")}}, "Sales")
        service.put("First agent", {"QuickConnectType": "USER", "UserConfig": {"UserId": identifier("agent1")}}, "Sales")
        service.put("A survey", {"QuickConnectType": "FLOW", "FlowConfig": {"ContactFlowId": identifier("x")}}, "Sales")
        yield service


@pytest.fixture
def store(tmp_path):
    """The configuration of a server that does not run, with the example's directory in its store."""
    settings = config.merge(config.example(), {"store.path": str(tmp_path / "baton.db"), "http.listen": f"127.0.0.1:{PORTS.take()}"})
    path = tmp_path / "baton.toml"
    path.write_text(config.print_toml(settings))
    code, out, err = asyncio.run(run("directory", "import", "--config", str(path), str(config.EXAMPLE_DIRECTORY)))
    assert code == 0, out + err
    return str(path)


async def import_from(amazon: AmazonConnect, file: str, *more: str, env: dict[str, str] | None = None,
                      instance: str = INSTANCE, timeout: float = 60.0) -> tuple[int, str, str]:
    return await run("directory", "import-amazon-connect", "--config", file, "--region", REGION, "--instance-id", instance,
                     "--endpoint", amazon.endpoint, *more, env={**VARIABLES, **(env or {})}, timeout=timeout)


async def exported(file: str) -> dict:
    code, out, err = await run("directory", "export", "--config", file)
    assert code == 0, err
    return json.loads(out)


async def test_all_pages_come_in_and_it_is_told_what_changed(amazon, store):
    before = await exported(store)
    code, out, err = await import_from(amazon, store)
    assert code == 0, out + err
    added = re.findall(r'^added (?:queue|quick connect) "([^"]+)"', out, re.MULTILINE)
    assert sorted(added) == ["First agent", "Hotel", "Sales", "Service", "Taxi", "To service"]
    assert 'note: not transferable: FLOW quick connect "A survey"' in out
    after = await exported(store)
    fresh = {each["name"]: each for each in after["quickConnects"] if INSTANCE in each["arn"]}
    assert fresh.keys() == {"Taxi", "Hotel", "To service", "First agent"}
    assert fresh["Taxi"] == {"arn": arn("transfer-destination", "Taxi"), "name": "Taxi", "type": "phone_number",
                             "phoneNumber": "+4930123456", "shownBy": [arn("queue", "Sales")]}
    assert len(fresh["Hotel"]["shownBy"]) == 2
    assert fresh["First agent"]["agentLogin"] == "agent1" and fresh["To service"]["type"] == "queue"
    # What is not of the instance stays as it was.
    for key in ("agents", "routingProfiles", "inboundNumbers"):
        assert after.get(key) == before.get(key)
    assert [each for each in after["quickConnects"] if INSTANCE not in each["arn"]] == before["quickConnects"]
    code, lines, _ = await run("audit", "export", "--config", store)
    assert code == 0 and '"baton directory import-amazon-connect"' in lines
    # A page has two entries, so that there were tokens with +, /, = and a blank, in the query and in a body.
    targets = [target for _, target in amazon.requests]
    assert any("nextToken=" in target and "%2B%2Fa%20b%3D%3D" in target for target in targets)
    assert len([target for target in targets if target == "/search-quick-connects"]) == 3


async def test_a_second_import_changes_nothing(amazon, store):
    assert (await import_from(amazon, store))[0] == 0
    before = await exported(store)
    code, out, err = await import_from(amazon, store, "--quiet")
    assert (code, out.splitlines()[-1], err) == (0, "nothing to change", "")
    assert await exported(store) == before


async def test_what_is_gone_is_removed_and_what_changed_is_changed(amazon, store):
    assert (await import_from(amazon, store))[0] == 0
    del amazon.quick_connects["Hotel"]
    amazon.quick_connects["Taxi"]["PhoneConfig"]["PhoneNumber"] = "+4930999999"
    code, out, _ = await import_from(amazon, store)
    assert code == 0
    assert 'removed quick connect "Hotel"' in out
    assert 'changed quick connect "Taxi" (+4930123456 is now +4930999999)' in out
    numbers = {each["name"]: each.get("phoneNumber") for each in (await exported(store))["quickConnects"]}
    assert "Hotel" not in numbers and numbers["Taxi"] == "+4930999999"


async def test_a_dry_run_only_tells(amazon, store):
    before = await exported(store)
    code, out, _ = await import_from(amazon, store, "--dry-run")
    assert code == 0 and "6 changes would be made; nothing was changed" in out
    assert await exported(store) == before


async def test_a_dry_run_fails_where_the_import_would(amazon, store):
    # More queues than a quick connect of the directory may name.
    amazon.queues = [f"Queue {number}" for number in range(1001)]
    amazon.shown_by = {name: ["Taxi"] for name in amazon.queues}
    amazon.page = 1001
    before = await exported(store)
    dry = await import_from(amazon, store, "--dry-run", "--quiet")
    assert dry[0] == 1 and "/shownBy" in dry[2] and "would be made" not in dry[1], dry
    code, _, err = await import_from(amazon, store, "--quiet")
    assert (code, err) == (1, dry[2])
    assert await exported(store) == before


async def test_what_is_changed_while_the_instance_is_read_stays(amazon, store, tmp_path):
    directory = config.example_directory()
    directory["agents"].append({"login": "carol", "name": "Carol", "routingProfile": directory["agents"][0]["routingProfile"],
                                "password": "carol-password"})
    next(each for each in directory["agents"] if each["login"] == "agent2")["enabled"] = False
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(directory))
    handle, imports = amazon.handle, []

    def meanwhile(method, target, headers, body):
        if "/quick-connects?" in target and not imports:
            imports.append(asyncio.run(run("directory", "import", "--config", store, str(changed))))
        return handle(method, target, headers, body)

    amazon.handle = meanwhile
    code, out, err = await import_from(amazon, store)
    assert code == 0, out + err
    assert imports[0][0] == 0, imports
    after = await exported(store)
    accounts = {each["login"]: each["enabled"] for each in after["agents"]}
    assert accounts["carol"] is True and accounts["agent2"] is False
    assert "Taxi" in {each["name"] for each in after["quickConnects"]}


async def test_it_replaces_only_the_version_that_it_was_made_from(amazon, store):
    bodies: list[dict] = []

    class Busy(BaseHTTPRequestHandler):
        """A server whose directory has changed since."""

        def log_message(self, *_: object) -> None:
            pass

        def do_PUT(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            text = json.dumps({"faults": [{"place": "/replacesVersion", "msg": "was changed meanwhile"}]}).encode()
            self.send_response(422)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with HTTPServer(("127.0.0.1", 0), Busy) as busy:
        thread = threading.Thread(target=busy.serve_forever, daemon=True)
        thread.start()
        code, _, err = await import_from(amazon, store, env={"BATON_HTTP_LISTEN": f"127.0.0.1:{busy.server_address[1]}"})
        busy.shutdown()
        thread.join()
    assert code == 1 and "/replacesVersion: was changed meanwhile" in err
    assert [body.get("replacesVersion") for body in bodies] == [1]


async def test_a_running_server_replaces_only_the_version_that_is_named(world: World):
    boss = await world.rest("supervisor1", "supervisor")
    directory = config.example_directory()
    first = await boss.request("PUT", "/v1/directory", directory)
    assert first.status == 200, first.body
    version = first.json()["version"]
    second = await boss.request("PUT", "/v1/directory", {**directory, "replacesVersion": version})
    assert (second.status, second.json()["version"]) == (200, version + 1)
    late = await boss.request("PUT", "/v1/directory", {**directory, "replacesVersion": version})
    assert late.status == 422, late.body
    assert [fault["place"] for fault in late.json()["faults"]] == ["/replacesVersion"]
    assert f"version {version + 1} is in force" in late.json()["faults"][0]["msg"]
    third = await boss.request("PUT", "/v1/directory", directory)
    assert third.json()["version"] == version + 2, "nothing was changed by the one that was refused"


async def test_throttling_is_waited_out(amazon, store):
    amazon.refusals = [(429, "TooManyRequestsException", {}), (503, "InternalServiceException", {}),
                       (400, "ThrottlingException", {"Retry-After": "1"})]
    code, out, err = await import_from(amazon, store)
    assert code == 0, out + err
    assert "ListQueues is throttled; trying again in" in err
    assert "ListQueues failed with HTTP 503; trying again in" in err
    assert "trying again in 1000 ms" in err


@pytest.mark.parametrize("refusal, said", [
    ((403, "AccessDeniedException", {}), "IAM policy must allow connect:ListQueues"),
    ((403, "UnrecognizedClientException", {}), "check the credentials"),
    ((400, "InvalidRequestException", {}), "said by InvalidRequestException"),
])
async def test_a_refusal_changes_nothing_and_is_told(amazon, store, refusal, said):
    before = await exported(store)
    amazon.refusals = [refusal]
    code, out, err = await import_from(amazon, store)
    assert code == 1 and out == ""
    assert said in err and f"HTTP {refusal[0]}" in err and "nothing was changed" in err
    assert len(amazon.requests) == 1, "what cannot help is not asked twice"
    assert SECRET not in err and TOKEN not in err
    assert await exported(store) == before


async def test_an_error_on_a_later_page_changes_nothing(amazon, store):
    before = await exported(store)
    handle = amazon.handle

    def fail_late(method, target, headers, body):
        if "/quick-connects?" in target:
            return 403, {"x-amzn-ErrorType": "AccessDeniedException"}, {"Message": "no"}
        return handle(method, target, headers, body)

    amazon.handle = fail_late
    code, _, err = await import_from(amazon, store)
    assert code == 1 and "connect:ListQueueQuickConnects" in err
    assert await exported(store) == before


async def test_a_wrong_key_is_refused_by_the_signature(amazon, store):
    code, _, err = await import_from(amazon, store, env={"AWS_SECRET_ACCESS_KEY": "another"})
    assert code == 1 and "InvalidSignatureException" in err and "another" not in err


async def test_an_unknown_instance_is_told(amazon, store):
    code, _, err = await import_from(amazon, store, instance=identifier("another"))
    assert code == 1 and "are --instance-id and --region those of the instance?" in err


async def test_without_credentials_it_is_told_where_they_go(amazon, store, tmp_path):
    nothing = {name: "" for name in VARIABLES}
    code, _, err = await import_from(amazon, store, env={**nothing, "HOME": str(tmp_path)})
    assert code == 1 and "AWS_ACCESS_KEY_ID" in err and f"{tmp_path}/.aws/credentials" in err
    assert not amazon.requests


async def test_credentials_come_from_a_file(amazon, store, tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"[team]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n")
    nothing = {name: "" for name in VARIABLES}
    code, out, err = await import_from(amazon, store, env={**nothing, "AWS_SHARED_CREDENTIALS_FILE": str(file),
                                                           "AWS_PROFILE": "team"})
    assert code == 0, out + err


@pytest.mark.parametrize("option, value, said", [
    ("--instance-id", "example", '--instance-id "example" is no UUID'),
    ("--region", "Frankfurt", '--region "Frankfurt"'),
    ("--endpoint", "http://198.51.100.7:80", "must be https://"),
    ("--endpoint", "https://example.com/path", "without a path"),
])
async def test_wrong_arguments_are_named(amazon, store, option, value, said):
    options = {"--region": REGION, "--instance-id": INSTANCE, "--endpoint": amazon.endpoint, option: value}
    code, _, err = await run("directory", "import-amazon-connect", "--config", store,
                             *[part for pair in options.items() for part in pair], env=VARIABLES)
    assert code == 2 and said in err, err
    assert not amazon.requests


async def test_a_running_server_takes_it_at_once(world: World, amazon):
    code, out, err = await import_from(amazon, str(world.config_path),
                                       env={"BATON_HTTP_LISTEN": "%s:%d" % world.server.http})
    assert code == 0, out + err
    assert "the running server took it" in out
    boss = await world.rest("supervisor1", "supervisor")
    found = (await boss.get("/v1/quick-connects?q=Taxi")).json()
    assert "+4930123456" in json.dumps(found)
