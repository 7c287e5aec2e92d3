"""A contact centre made for the benchmark: configuration, directory, credentials, tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sqlite3
import subprocess
import time
import uuid
from pathlib import Path

INSTANCE = "arn:aws:connect:us-east-1:000000000000:instance/00000000-0000-4000-8000-000000000000"
NUMBER = "+18005550100"
SECRET = "the benchmark's own secret, of loopback use only"


def login(index: int) -> str:
    return f"bench{index}"


def password(index: int) -> str:
    return f"bench-password-{index}"


def arn(kind: str, name: str) -> str:
    return f"{INSTANCE}/{kind}/{uuid.uuid5(uuid.NAMESPACE_OID, name)}"


def directory(agents: int, quick_connects: list[dict] | None = None) -> dict:
    return {
        "queues": [{"arn": arn("queue", "Bench"), "name": "Bench", "maxWaiting": 100000}],
        "routingProfiles": [{"arn": arn("routing-profile", "Bench"), "name": "Bench", "queues": [{"queue": "Bench"}]}],
        "agents": [{"login": login(i), "name": f"Agent {i}", "routingProfile": "Bench"} for i in range(agents)]
        + [{"login": "watcher", "name": "Watcher", "role": "service"}],
        "quickConnects": quick_connects or [],
        "inboundNumbers": [{"number": NUMBER, "queue": "Bench"}],
    }


def token(who: str, role: str) -> str:
    """A JWT (RFC 7519) with the claims of docs/signing-in.md."""
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    now = int(time.time())
    claims = {"sub": who, "role": role, "iss": "baton", "aud": "baton", "iat": now, "exp": now + 24 * 3600}
    text = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + "." + part(json.dumps(claims).encode())
    return text + "." + part(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest())


def settings(folder: Path, carrier_port: int) -> dict[str, dict]:
    """Sections of the configuration and their keys: nothing limits how much one agent does."""
    return {
        "http": {"listen": "127.0.0.1:0", "metrics_listen": "127.0.0.1:0", "max_connections": 12000,
                 "max_messages_per_second": 100000},
        "auth": {"jwt_secret_file": str(folder / "secret")},
        "sip": {"listen": ["udp:127.0.0.1:0"], "max_dialogs": 100000, "max_transactions": 1000000},
        "trunk.carrier": {"address": f"127.0.0.1:{carrier_port}", "sources": ["127.0.0.1"], "caller_id": NUMBER},
        "store": {"path": str(folder / "baton.db"), "initial_directory": str(folder / "directory.json")},
        "dialing": {"allowed_countries": ["US"], "max_per_agent_per_minute": 1000000, "max_per_agent_per_day": 1000000,
                    "max_per_number_per_minute": 1000000, "max_per_number_per_day": 100000000},
        "limits": {"max_contacts": 100000, "requests_per_second": 100000, "service_requests_per_second": 1000000},
        "log": {"level": "warning"},
    }


def make(folder: Path, baton: Path, agents: int, carrier_port: int, changes: dict[str, dict] | None = None,
         quick_connects: list[dict] | None = None) -> Path:
    """Everything that `baton serve` needs, in the folder; gives back the configuration's path. `changes`: keys of the
    configuration, by section, that are not as in settings()."""
    folder.mkdir(parents=True)
    secret = folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    (folder / "directory.json").write_text(json.dumps(directory(agents, quick_connects)))
    config = folder / "baton.toml"
    sections = settings(folder, carrier_port)
    for section, keys in (changes or {}).items():
        sections.setdefault(section, {}).update(keys)
    # JSON's texts, numbers and lists of texts are TOML's as well.
    config.write_text("".join(f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
                              for section, keys in sections.items()))
    # Importing passwords would hash each slowly, as it should: minutes for thousands. The phones need HA1
    # only and the desktops have tokens, so HA1 is put straight into the store.
    subprocess.run([baton, "directory", "import", "--config", config, folder / "directory.json"], check=True,
                   capture_output=True)
    with sqlite3.connect(folder / "baton.db") as store:
        store.executemany(
            "INSERT OR REPLACE INTO credentials(login, realm, ha1, argon2id) VALUES(?, 'baton', ?, '')",
            [(login(i), hashlib.md5(f"{login(i)}:baton:{password(i)}".encode()).hexdigest()) for i in range(agents)])
    store.close()
    (folder / "tokens").write_text("".join(token(login(i), "agent") + "\n" for i in range(agents)))
    (folder / "watcher").write_text(token("watcher", "service") + "\n")
    (folder / "phones.csv").write_text(
        "SEQUENTIAL\n" + "".join(f"{login(i)};[authentication username={login(i)} password={password(i)}];\n" for i in range(agents)))
    return config
