"""The pages that the program carries: how they are served, and that a browser shows them."""

from __future__ import annotations

import gzip
import http.client
import re

from harness.browser import Browser
from harness.world import World


def ask(world: World, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(*world.server.http, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response, response.read()


async def test_a_page_is_served_with_its_rules(world: World):
    response, body = ask(world, "/")
    assert response.status == 200 and b"<!doctype html>" in body
    assert response.getheader("Content-Type") == "text/html; charset=utf-8"
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    assert response.getheader("X-Frame-Options") == "DENY"
    assert response.getheader("Cache-Control") == "no-cache"
    policy = response.getheader("Content-Security-Policy")
    assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    again, nothing = ask(world, "/", If_None_Match=response.getheader("ETag"))
    assert again.status == 304 and nothing == b"" and again.getheader("Content-Length") is None
    head, nothing = ask(world, "/", "HEAD")
    assert head.status == 200 and nothing == b"" and head.getheader("Content-Length") == str(len(body))
    refused, text = ask(world, "/", "POST")
    assert refused.status == 405 and refused.getheader("Allow") == "GET, HEAD, OPTIONS", text


async def test_a_script_is_kept_for_ever_and_sent_compressed(world: World):
    _, body = ask(world, "/")
    script = re.search(rb'src="(/assets/[^"]+\.js)"', body).group(1).decode()
    plain, code = ask(world, script)
    assert plain.getheader("Cache-Control") == "public, max-age=31536000, immutable"
    assert plain.getheader("Content-Encoding") is None
    packed, small = ask(world, script, Accept_Encoding="gzip")
    assert packed.getheader("Content-Encoding") == "gzip" and gzip.decompress(small) == code
    smallest, less = ask(world, script, Accept_Encoding="gzip, br")
    assert smallest.getheader("Content-Encoding") == "br" and len(less) < len(small) < len(code)
    assert len({r.getheader("ETag") for r in (plain, packed, smallest)}) == 3


async def test_the_pages_are_small(world: World):
    """What a browser loads before a page can be used, compressed."""
    for page in ("/", "/supervisor/"):
        files = re.findall(rb'(?:src|href)="(/[^"]*assets/[^"]+)"', ask(world, page)[1])
        size = sum(len(ask(world, path.decode(), Accept_Encoding="br")[1]) for path in files)
        assert len(files) >= 2 and size < 150_000, f"{page}: {size} bytes"


async def test_what_is_not_there_is_404_as_before(world: World):
    for path in ("/nothing", "/assets/", "/v1/nothing", "/lib/"):
        response, body = ask(world, path)
        assert response.status == 404 and b"NOT_PERMITTED" in body, path


async def test_the_library_talks_to_the_server_that_served_it(world: World, browser: Browser):
    """The example that other tests of pages are made after."""
    phone = await world.phone("agent1")
    page = await browser.open_page()
    origin = "http://%s:%d" % world.server.http
    assert await page.goto(f"{origin}/") == 200
    told = await page.evaluate("""(async () => {
      const { BatonClient } = await import("/lib/client.js");
      const client = new BatonClient({ source: "test" });
      const who = await client.signIn("agent1", "demo-agent1");
      const states = [];
      client.subscribe("Agent/SetAgentState", (event) => states.push(event.message.event));
      await client.connect();
      await client.publish({ topic: "Agent", subtopic: "Login" });
      await client.publish({ topic: "Agent", subtopic: "UpdateState",
                             data: { label: "Available", code: "Available", type: "routable" } });
      while (!states.includes("Available")) await new Promise((resolve) => setTimeout(resolve, 10));
      await client.signOut();
      return { who, state: client.state };
    })()""")
    assert told == {"who": {"login": "agent1", "role": "agent"}, "state": "closed"}
    page.check(own=origin)
    phone.check()
