"""Tokens of somebody else's making: RS256 with a key of auth.jwks_file."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from harness.desktop import Desktop
from harness.rest import Rest
from harness.server import run
from harness.tokens import Issuer, b64, claims, forge, write_jwks
from harness.world import World


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """Made before the server starts, in its folder."""
    made = Issuer(tmp_path, "first")
    write_jwks(tmp_path / "jwks.json", made)
    return made


async def status(world: World, token: str) -> int:
    return (await Rest(world.server.http, token).get("/v1/quick-connects")).status


async def becomes(world: World, token: str, wanted: int, within: float = 10.0) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while loop.time() < deadline:
        if await status(world, token) == wanted:
            return True
        await asyncio.sleep(0.05)
    return False


KEYS = {"auth.jwks_file": "jwks.json"}


@pytest.mark.config(KEYS)
async def test_an_issuers_token_lets_in_and_others_do_not(issuer: Issuer, world: World, tmp_path: Path):
    assert await status(world, issuer.token()) == 200
    assert await status(world, await world.token("agent1")) == 200, "the secret's own tokens go on"
    confused = forge(claims(), issuer.public_pem(), {"alg": "HS256", "kid": "first"})
    unsigned = issuer.token().rsplit(".", 1)[0] + "."
    none = b64(b'{"alg":"none"}') + "." + unsigned.split(".")[1] + "."
    for name, token in {"HS256 with the public key": confused, "unsigned": unsigned, "none": none,
                        "a stranger's key": Issuer(tmp_path, "stranger").token(),
                        "expired": issuer.token(exp=int(time.time()) - 1),
                        "another audience": issuer.token(aud="x"), "another issuer": issuer.token(iss="x"),
                        "no end": issuer.token(exp=None), "an unknown agent": issuer.token("nobody")}.items():
        assert await status(world, token) == 401, name


@pytest.mark.config({**KEYS, "http.file_check_seconds": 1})
async def test_changed_keys_are_taken_without_a_restart(issuer: Issuer, world: World, tmp_path: Path):
    second = Issuer(tmp_path, "second")
    assert await status(world, second.token()) == 401
    write_jwks(tmp_path / "jwks.json", issuer, second)
    assert await becomes(world, second.token(), 200)
    assert await status(world, issuer.token()) == 200
    write_jwks(tmp_path / "jwks.json", second)
    assert await becomes(world, issuer.token(), 401)
    (tmp_path / "jwks.json").write_text("not JSON")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 10
    while "the token keys in use stay" not in world.server.log():
        assert loop.time() < deadline
        await asyncio.sleep(0.05)
    assert await status(world, second.token()) == 200


@pytest.mark.config({**KEYS, "http.file_check_seconds": 3600})
async def test_sighup_takes_changed_keys(issuer: Issuer, world: World, tmp_path: Path):
    second = Issuer(tmp_path, "second")
    write_jwks(tmp_path / "jwks.json", second)
    world.server.process.send_signal(signal.SIGHUP)
    assert await becomes(world, second.token(), 200)


@pytest.mark.config(KEYS)
async def test_a_socket_ends_with_its_token(issuer: Issuer, world: World):
    token = issuer.token(exp=int(time.time()) + 3)
    desktop = await Desktop(world.server.http, "agent1", token).open()
    await desktop.publish("App", "StateSync")
    await desktop.expect("App/StateSync")
    await asyncio.wait_for(desktop.socket.wait_closed(), 20)
    assert desktop.socket.close_code == 4401
    assert "token" in desktop.socket.close_reason


async def test_a_bad_key_set_is_told_at_start(tmp_path: Path):
    config = tmp_path / "baton.toml"
    config.write_text('[http]\nlisten = "127.0.0.1:0"\nmetrics_listen = ""\n[sip]\nlisten = ["udp:127.0.0.1:0"]\n'
                      '[auth]\njwt_secret_file = "secret"\njwks_file = "jwks.json"\n[store]\npath = "baton.db"\n')
    (tmp_path / "jwks.json").write_text('{"keys":[{"kty":"oct","k":"AA"}]}')
    code, _, err = await run("serve", "--config", str(config))
    assert code == 1 and "auth.jwks_file" in err and "symmetric" in err, err
