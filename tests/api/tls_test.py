"""The message API over TLS, with certificates that are renewed while the server runs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
from pathlib import Path

import pytest
import websockets

from harness import tls
from harness.desktop import Desktop
from harness.rest import Rest
from harness.server import run
from harness.world import World

HTTPS = {"http.tls_certificate": "https/cert.pem", "http.tls_key": "https/key.pem"}


def shown_certificate(world: World, context: ssl.SSLContext | None = None) -> bytes:
    """The certificate that a new connection is shown, in DER."""
    if context is None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(world.server.http, timeout=10) as plain, context.wrap_socket(plain) as secure:
        return secure.getpeercert(binary_form=True) or b""


def client(lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # Else the client itself would not speak what the server must refuse.
    context.minimum_version, context.maximum_version = lowest, highest
    return context


def renew(folder: Path) -> bytes:
    """Another certificate in the place of the first; in DER."""
    tls.make_certificate(folder / "next")
    for name in ("key.pem", "cert.pem"):
        os.replace(folder / "next" / name, folder / name)
    return ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())


async def shown(world: World, wanted: bytes, within: float = 10.0) -> bool:
    """Whether new connections are shown the wanted certificate in time. Nothing tells when it changes."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while loop.time() < deadline:
        if await asyncio.to_thread(shown_certificate, world) == wanted:
            return True
        await asyncio.sleep(0.05)
    return False


async def logged(world: World, text: str, within: float = 10.0) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while text not in world.server.log():
        assert loop.time() < deadline, f"{text!r} is not in the log within {within:g} s"
        await asyncio.sleep(0.05)


@pytest.mark.config(HTTPS)
async def test_a_call_is_transferred_over_tls(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer("+12082097345")
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.answer()
    await talking.desktop.transfer("connected")
    rest = await world.rest("agent1")
    assert (await rest.get("/v1/transfers")).json()["items"][0]["state"] == "connected"


@pytest.mark.config(HTTPS)
async def test_the_cookie_is_for_tls_only(world: World):
    rest, answer = await world.sign_in("agent1")
    assert "Secure" in answer.headers["set-cookie"].split("; ")
    assert "max-age=" in answer.headers["strict-transport-security"]
    host = "%s:%d" % world.server.http
    assert (await rest.get("/v1/queues", Origin=f"https://{host}")).status == 200
    assert (await rest.get("/v1/queues", Origin=f"http://{host}")).status == 403


@pytest.mark.config(HTTPS)
async def test_who_speaks_no_tls_gets_nothing(world: World):
    reader, writer = await asyncio.open_connection(*world.server.http)
    writer.write(b"GET /v1/queues HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = await reader.read()
    assert b"HTTP/" not in answer
    writer.close()
    assert (await world.metrics())["baton_gateway_tls_handshakes_failed_total"] >= 1


@pytest.mark.config(HTTPS)
async def test_tls_1_2_and_1_3_and_nothing_older(world: World):
    version = ssl.TLSVersion
    for one, name in ((version.TLSv1_2, "TLSv1.2"), (version.TLSv1_3, "TLSv1.3")):
        with socket.create_connection(world.server.http, timeout=10) as plain:
            with client(one, one).wrap_socket(plain) as secure:
                assert secure.version() == name
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        shown_certificate(world, client(version.TLSv1, version.TLSv1_1))
    weak = client(version.TLSv1_2, version.TLSv1_2)
    weak.set_ciphers("AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")  # No forward secrecy, or no AEAD.
    with pytest.raises(ssl.SSLError, match="handshake failure"):
        shown_certificate(world, weak)


@pytest.mark.config({**HTTPS, "http.tls_min_version": "1.3"})
async def test_tls_1_2_may_be_refused(world: World):
    version = ssl.TLSVersion
    assert shown_certificate(world, client(version.TLSv1_3, version.TLSv1_3))
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        shown_certificate(world, client(version.TLSv1_2, version.TLSv1_2))


@pytest.mark.config({**HTTPS, "http.file_check_seconds": 1})
async def test_a_renewed_certificate_is_taken_without_a_restart(world: World):
    desktop = await world.desktop("agent1", state=None)
    first = shown_certificate(world)
    second = renew(world.folder / "https")
    assert first != second and await shown(world, second)
    await desktop.publish("App", "StateSync")  # Who was connected stays so.
    await desktop.expect("App/StateSync")


@pytest.mark.config({**HTTPS, "http.file_check_seconds": 3600})
async def test_sighup_takes_a_renewed_certificate(world: World):
    second = renew(world.folder / "https")
    world.server.process.send_signal(signal.SIGHUP)
    assert await shown(world, second)


@pytest.mark.config({**HTTPS, "http.file_check_seconds": 1})
async def test_a_bad_certificate_leaves_the_old_one_in_use(world: World):
    folder = world.folder / "https"
    first = shown_certificate(world)
    (folder / "key.pem").write_text("no key\n")
    await logged(world, "the certificate in use stays")
    assert shown_certificate(world) == first
    assert await shown(world, renew(folder))


@pytest.mark.config(HTTPS)
async def test_the_command_line_trusts_its_own_server(world: World):
    sent = ["send", "--agent", "agent1", "--topic", "App", "--subtopic", "StateSync"]
    code, out, err = await run(*sent, "--config", str(world.config_path))
    assert code == 0, f"{out} {err}"
    url, token = "https://%s:%d" % world.server.http, await world.token("crm", "service")
    code, out, err = await run(*sent, "--url", url, "--token", token, env={"SSL_CERT_FILE": "/dev/null"})
    assert code == 4 and "certificate" in err + out, f"{code} {out} {err}"
    code, out, err = await run(*sent, "--url", url, "--token", token, "--ca-file",
                               str(world.folder / "https" / "cert.pem"))
    assert code == 0, f"{out} {err}"
    code, out, err = await run(*sent, "--url", url.replace("127.0.0.1", "localhost"), "--token", token, "--ca-file",
                               str(world.folder / "https" / "cert.pem"))
    assert code == 4, "a certificate for 127.0.0.1 is taken for localhost's"


@pytest.mark.config({**HTTPS, "http.max_frame_bytes": 4096})
async def test_a_large_frame_over_tls_gets_its_close_code(world: World):
    desktop = await Desktop(world.server.http, "agent1", await world.token("agent1"), tls=world.https).open()
    try:
        await desktop.socket.send("x" * 10_000_000)
    except websockets.ConnectionClosed:
        pass
    await asyncio.wait_for(desktop.socket.wait_closed(), 10)
    assert desktop.socket.close_code == 1009


@pytest.mark.config(HTTPS)
async def test_a_large_body_over_tls_gets_its_answer(world: World):
    rest = await world.rest("agent1")
    answer = await rest.request("POST", "/v1/messages", b"x" * 100_000,
                                headers={"Content-Type": "text/plain"})
    assert answer.status == 415


@pytest.mark.config({**HTTPS, "http.idle_timeout_seconds": 1})
async def test_who_never_ends_the_handshake_is_disconnected(world: World):
    silent = [await asyncio.open_connection(*world.server.http) for _ in range(3)]
    silent[1][1].write(b"\x16\x03\x01\x02\x00\x01")  # The beginning of a handshake.
    for reader, writer in silent:
        await asyncio.wait_for(reader.read(), 20)  # Comes back when the server has closed.
        writer.close()
    assert (await Rest(world.metrics_address).get("/healthz")).status == 200


async def test_a_key_that_others_can_read_is_refused(tmp_path: Path):
    tls.make_certificate(tmp_path)
    (tmp_path / "key.pem").chmod(0o644)
    config = tmp_path / "baton.toml"
    config.write_text('[http]\nlisten = "127.0.0.1:0"\nmetrics_listen = ""\n'
                      'tls_certificate = "cert.pem"\ntls_key = "key.pem"\n[sip]\nlisten = ["udp:127.0.0.1:0"]\n'
                      '[auth]\njwt_secret_file = "secret"\n[store]\npath = "baton.db"\n')
    code, _, err = await run("serve", "--config", str(config))
    assert code == 1 and "http.tls_key" in err and "chmod 600" in err, err
