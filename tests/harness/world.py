"""A Baton and everybody around it, for one test."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import config, tls
from harness.desktop import Desktop
from harness.rest import Answer, Rest
from harness.server import Server, run
from harness.tools import preloadable
from peer import Call, Peer, talk
from peer.digest import Credentials
from peer.ports import PORTS

HERE = Path(__file__).parent
KILL_AT = "BATON_TEST_KILL_AT"
INBOUND = "+18005550100"
#: What must be 0 when nobody talks any more: the core's legs, the SIP back end's, and commands without a result.
LEFT_OVER = ("baton_legs_open", "baton_sip_legs_open", "baton_commands_open")
OUTCOMES = ("connected", "returned", "canceled", "failed", "abandoned", "handedOver")


def unit_setting(name: str) -> str:
    """What the shipped systemd unit says."""
    unit = (config.SOURCE / "packaging" / "baton.service").read_text(encoding="utf-8")
    found = re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)
    assert len(found) == 1, f"packaging/baton.service has {len(found)} lines {name}="
    return found[0]


def unit_milliseconds(name: str) -> int:
    match = re.fullmatch(r"(\d+)ms", unit_setting(name))
    assert match, f"{name}={unit_setting(name)} in packaging/baton.service is not in milliseconds"
    return int(match.group(1))


@dataclass
class Conversation:
    """A customer who talks to an agent."""

    customer: Call
    agent: Call
    desktop: Desktop
    contact_id: str


class World:
    """Use as `async with`. Leaving it checks that the server is well and that no leg is left."""

    def __init__(self, folder: Path, overrides: dict[str, Any] | None = None,
                 directory_changes: list[Callable[[dict[str, Any]], None]] | None = None,
                 environment: dict[str, str] | None = None):
        self.folder = folder
        self.overrides = overrides or {}
        self.directory_changes = directory_changes or []
        self.environment = environment or {}  # Of the server.
        self.failed = False
        self.peers: list[Peer] = []
        self.desktops: list[Desktop] = []
        self.server: Server
        self.carrier: Peer
        self.metrics_address = ("127.0.0.1", 0)
        self.tls: tuple | None = None
        self.https: ssl.SSLContext | None = None  # Where the server speaks TLS: what trusts it.
        self.expect_exit = 0  # None: the test ends the server itself.
        self._numbers = itertools.count(1)
        self._ports: list[tuple[int, int]] = []  # The first of each run that is this test's, and how many.

    # --- Life ---------------------------------------------------------------------------------------------------

    @property
    def config_path(self) -> Path:
        return self.folder / "baton.toml"

    def port(self, count: int = 1) -> int:
        """A port (or the first of several, an even one) that is this test's to its end, whoever listens there when."""
        self._ports.append((PORTS.take(count, even=count > 1), count))
        return self._ports[-1][0]

    def write_config(self) -> int:
        """The example, moved to ports of its own, which a restart keeps, and into the test's folder.

        Gives back the carrier's port.
        """
        directory = config.example_directory()
        for change in self.directory_changes:
            change(directory)
        (self.folder / "directory.json").write_text(json.dumps(directory), encoding="utf-8")
        self.metrics_address = ("127.0.0.1", self.port())
        carrier = self.port()
        sound = self.port(4)  # A second server of the same configuration finds one, too.
        settings = config.merge(config.example(), {
            "http.listen": "127.0.0.1:0",
            "http.metrics_listen": "%s:%d" % self.metrics_address,
            "sip.listen": ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"],
            "sip.media_port_min": sound,
            "sip.media_port_max": sound + 3,
            "auth.jwt_secret_file": str(self.folder / "jwt-secret"),
            "store.path": str(self.folder / "baton.db"),
            "store.initial_directory": str(self.folder / "directory.json"),
            "trunk": {"carrier": {"address": f"127.0.0.1:{carrier}"}},
        })
        settings = config.merge(settings, self.overrides)
        settings["http"]["listen"] = self._placed(settings["http"]["listen"])
        settings["sip"]["listen"] = [self._placed(one) for one in settings["sip"]["listen"]]
        if any(str(one).startswith("tls:") for one in settings["sip"]["listen"]):
            tls.make_certificate(self.folder / "tls")
            self.tls = tls.contexts(self.folder / "tls")
            settings["sip"]["tls_certificate_dir"] = str(self.folder / "tls")
        if certificate := settings["http"].get("tls_certificate"):
            tls.make_certificate(self.folder / "https")
            self.https = ssl.create_default_context(cafile=str(self.folder / certificate))
        self.config_path.write_text(config.print_toml(settings), encoding="utf-8")
        return carrier

    def _placed(self, address: str) -> str:
        return f"{address.removesuffix('0')}{self.port()}" if address.endswith(":0") else address

    async def kill(self) -> None:
        """kill -9: no goodbye to anybody, nothing written that was not. start_again() follows."""
        await self.server.kill()

    async def start_again(self) -> None:
        """A start on the same addresses; the desktops connect again by themselves, and ask for what they missed."""
        await self.server.start()
        for desktop in self.desktops:
            await desktop.reopen()

    async def restart(self) -> None:
        await self.kill()
        await self.start_again()

    def kill_at(self, when: str, commit: int) -> None:
        """The server dies "before" or "after" a commit of its journal, counted from now (kill_at_commit.c).

        Only where it was started with World.killable() as its environment.
        """
        written = self.folder / "kill-at.new"
        written.write_text(f"{when} {commit}\n")
        written.rename(self.environment[KILL_AT])

    def kill_no_more(self) -> None:
        Path(self.environment[KILL_AT]).unlink(missing_ok=True)

    @staticmethod
    def killable(folder: Path, forgets: str = "") -> dict[str, str]:
        """The environment of a server that kill_at() can kill, and whose store `forgets` such statements (forget.c)."""
        environment = {"LD_PRELOAD": str(preloadable(HERE / "kill_at_commit.c")), KILL_AT: str(folder / "kill-at")}
        if forgets:
            environment["LD_PRELOAD"] += f":{preloadable(HERE / 'forget.c')}"
            environment["BATON_TEST_FORGETS"] = forgets
        return environment

    async def crash(self, by: signal.Signals) -> float:
        """A crash by that signal, and what the service manager does then by packaging/baton.service.

        Comes back with the seconds that nobody took traffic.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self.server.end_by(by)
        await asyncio.sleep(unit_milliseconds("RestartSec") / 1000)  # Its wait, which we play.
        code, _, error = await run("check-config", str(self.config_path))  # ExecStartPre=
        assert code == 0, error
        await self.server.start()
        away = loop.time() - began
        for desktop in self.desktops:
            await desktop.reopen()
        return away

    async def __aenter__(self) -> World:
        carrier_port = self.write_config()
        self.server = Server(self.config_path, self.folder / "baton.log", self.environment)
        await self.server.start()
        self.carrier = Peer("carrier", "carrier", self.server.sip["udp"])
        await self.carrier.open(carrier_port)
        self.peers.append(self.carrier)
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is not None:
            self.failed = True
        try:
            if not self.failed:
                await self._farewell()
        except BaseException:
            self.failed = True
            raise
        finally:
            for desktop in self.desktops:
                await desktop.close()
            for peer in self.peers:
                await peer.close()
            if self.server.alive:
                if self.failed:
                    await self.server.kill()
                else:
                    code = await self.server.stop()
                    assert code == 0, f"the server ended with {code}"
            for first, count in self._ports:
                PORTS.give_back(first, count)

    async def _farewell(self) -> None:
        """Everybody hangs up; then the server must be well and hold no leg, and have called nobody whom the test did not expect."""
        for peer in self.peers:
            peer.check()
        # Callers first: else a customer whose destination hangs up is handed back, and somebody is called anew.
        for call in sorted((call for peer in self.peers for call in peer.calls.values()), key=lambda call: not call.outgoing):
            if call.state != "ended" and not call.peer.silent:
                await call.hangup()
        for desktop in self.desktops:
            desktop.check()
        self._each_call_was_taken()
        if self.expect_exit is None:
            return
        assert self.server.alive, f"the server died: {self.server.log()}"
        probe = await self.peer("probe", "+15550000000")
        assert (await probe.options()).status == 200, "OPTIONS is not answered with 200 any more"
        health = await Rest(self.metrics_address).get("/healthz")
        assert health.status == 200, f"healthz says {health.status} {health.body!r}"
        await self.no_leg_is_left()
        await self.sums_add_up()
        for peer in self.peers:
            peer.check()
        self._each_call_was_taken()

    def _each_call_was_taken(self) -> None:
        """What a test did not wait for must not happen: also not late, when it has looked already."""
        for peer in self.peers:
            untaken = [call.invite.summary() for call in peer.arrived]
            assert not untaken or peer.untaken_calls, f"{peer.name} was called, which the test did not expect: {untaken}"

    def evidence(self) -> list[tuple[str, str]]:
        """What to show with a failure."""
        if not self.failed:
            return []
        began = min((p.began for p in self.peers), default=0.0)
        found = [("SIP", "\n".join(p.log.text(began) for p in self.peers if p.log))]
        found += [("desktop", d.story()) for d in self.desktops]
        return found + [("server log", self.server.log() if hasattr(self, "server") else "")]

    # --- Who is there -------------------------------------------------------------------------------------------

    async def peer(self, name: str, user: str, **how: Any) -> Peer:
        transport = how.get("transport", "udp")
        if transport == "tls":
            how["tls"] = self.tls
        peer = Peer(name, user, self.server.sip[transport], **how)
        await peer.open()
        self.peers.append(peer)
        return peer

    async def customer(self, number: str | None = None, **how: Any) -> Peer:
        """A caller from the public network, who comes in by the example's any-port trunk."""
        count = next(self._numbers)
        return await self.peer(f"customer {count}", number or f"+1202555{1000 + count}", **how)

    async def phone(self, login: str, register: bool = True, **how: Any) -> Peer:
        """An agent's desk phone; it picks up by itself when told to (Call-Info: answer-after=0)."""
        peer = await self.peer(f"{login}'s phone", login,
                               credentials=Credentials(login, how.pop("password", f"demo-{login}")), **how)
        if register:
            await peer.register()
        return peer

    async def stranger(self, host: str = "127.0.0.2", user: str = "nobody", **how: Any) -> Peer:
        """Somebody whom no trunk knows."""
        return await self.peer(f"stranger at {host}", user, host=host, **how)

    async def token(self, login: str, role: str | None = None) -> str:
        arguments = ["token", "--config", str(self.config_path), "--agent", login]
        code, out, err = await run(*arguments, *(["--role", role] if role else []))
        assert code == 0, f"baton token failed: {err}"
        assert len(out.splitlines()) == 1, f"baton token prints more than the token: {out!r}"
        return out.strip()

    async def desktop(self, login: str, state: str | None = "Available", query: str = "",
                      role: str | None = None) -> Desktop:
        """A connected desktop; with a state, signed in and in that state (None: connected only)."""
        desktop = Desktop(self.server.http, login, await self.token(login, role), query, tls=self.https)
        await desktop.open()
        self.desktops.append(desktop)
        if state:
            await desktop.login_agent(state)
        return desktop

    async def rest(self, login: str | None = None, role: str | None = None) -> Rest:
        return Rest(self.server.http, await self.token(login, role) if login else None, self.https)

    async def sign_in(self, login: str) -> tuple[Rest, Answer]:
        """A browser with a session's cookie, by the example's password, and the answer that brought it."""
        browser = await self.rest()
        answer = await browser.post("/v1/login", {"login": login, "password": f"demo-{login}"})
        assert answer.status == 200, f"{login} cannot sign in: {answer.status} {answer.body!r}"
        browser.cookie = answer.headers["set-cookie"].split(";")[0]
        return browser, answer

    @property
    def own_page(self) -> dict[str, str]:
        """The header of a request by the server's own page."""
        return {"Origin": f"{'https' if self.https else 'http'}://%s:%d" % self.server.http}

    async def audit(self, *options: str) -> list[dict[str, Any]]:
        """The lines of the audit: all once the server has stopped, and soon while it runs."""
        code, out, err = await run("audit", "export", "--config", str(self.config_path), *options)
        assert code == 0, err
        return [json.loads(line) for line in out.splitlines()]

    # --- Common scenes ------------------------------------------------------------------------------------------

    async def agent(self, login: str, **how: Any) -> tuple[Desktop, Peer]:
        """An agent at work: phone registered, desktop signed in and Available."""
        phone = await self.phone(login, **how)
        return await self.desktop(login), phone

    async def talking(self, login: str = "agent1", customer: Peer | None = None,
                      at_work: tuple[Desktop, Peer] | None = None, heard: bool = True) -> Conversation:
        """A customer called, the agent answered, and they hear each other."""
        desktop, phone = at_work or await self.agent(login)
        customer = customer or await self.customer()
        desktop.forget()
        call = await customer.call(INBOUND)
        await call.answered()
        offer = await desktop.offered()
        await desktop.answer()
        leg = await phone.incoming()
        await leg.answered()
        await desktop.call_event("connected", "agent")
        if heard:
            await talk(call, leg)
        return Conversation(call, leg, desktop, offer["ResponseActual"]["contactId"])

    # --- Figures ------------------------------------------------------------------------------------------------

    async def metrics(self) -> dict[str, float]:
        answer = await Rest(self.metrics_address).get("/metrics")
        assert answer.status == 200, f"/metrics says {answer.status}"
        found = {}
        for line in answer.body.decode().splitlines():
            match = re.fullmatch(r"([a-zA-Z_:][\w:]*(?:\{.*\})?)\s+(\S+)(?:\s+\d+)?", line)
            if match and not line.startswith("#"):
                found[match.group(1)] = float(match.group(2))
        return found

    async def until(self, read: Callable[[], Any], holds: Callable[[Any], bool], wanted: Any,
                    within: float = 10.0) -> Any:
        """What `read` gives once it is as wanted. Read anew every 50 ms, since nothing tells when it changes."""
        deadline = asyncio.get_running_loop().time() + within
        while not holds(found := await read()):
            assert asyncio.get_running_loop().time() < deadline, f"not {wanted} after {within:g} s: {found}"
            await asyncio.sleep(0.05)
        return found

    async def no_leg_is_left(self, within: float = 10.0) -> None:
        """The promise: within five seconds every leg that should end was told to. Twice that, for a busy machine.

        The figure is read anew every 50 ms, since nothing tells when it changes.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while True:
            figures = await self.metrics()
            left = {name: figures[name] for name in LEFT_OVER if figures[name] != 0}
            if not left:
                return
            assert loop.time() < deadline, f"{left} after {within:g} s"
            await asyncio.sleep(0.05)

    async def sums_add_up(self) -> None:
        """accepted = the outcomes + still open, and no transfer moved against the table of states."""
        figures = await self.metrics()
        outcomes = sum(figures[f'baton_transfers_total{{outcome="{name}"}}'] for name in OUTCOMES)
        assert figures["baton_transfers_accepted_total"] == outcomes + figures["baton_transfers_open"]
        assert figures["baton_illegal_moves_total"] == 0
