"""scripts/build-web, scripts/web-tools and cmake/BatonWeb.cmake where npm does not do what it should: what is built then, and when it is mended."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness.config import SOURCE
from harness.tools import tool

#: As npm does it: the first run, by the machine's npm, brings a Node.js; everything else is done with that one. Both do
#: what $NPM_FAILS says, if it says anything. Only what the scripts look at is made.
NPM = """#!/bin/sh
if [ -n "$NPM_FAILS" ]; then echo "$NPM_FAILS" >&2; exit 1; fi
mkdir -p node_modules/node/node-linux-here/bin
cat >node_modules/node/node-linux-here/bin/node <<'NODE'
#!/bin/sh
case $1 in
  */npm-cli.js) if [ -n "$NPM_FAILS" ]; then echo "$NPM_FAILS" >&2; exit 1; fi; mkdir -p node_modules ;;
  web/tools/build.mjs) mkdir -p "$2" && echo "built pages" >"$2/index.html" ;;
esac
NODE
chmod +x node_modules/node/node-linux-here/bin/node
"""
#: As much of CMakeLists.txt as the pages need.
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(pages LANGUAGES CXX ASM)
add_library(baton_warnings INTERFACE)
include(cmake/BatonWeb.cmake)
"""
NO_NETWORK = "npm error code ENOTFOUND"
PLACEHOLDER = (SOURCE / "web" / "no-pages.html").read_text(encoding="utf-8")


class Checkout:
    """As much of a fresh one as the pages are built of."""

    def __init__(self, folder: Path):
        self.folder, self.npm = folder / "baton", folder / "bin" / "npm"
        for each in ("web", "schema", "scripts", "cmake"):
            shutil.copytree(SOURCE / each, self.folder / each, ignore=shutil.ignore_patterns("node_modules", "dist"))
        self.npm.parent.mkdir()
        self.npm.write_text(NPM)
        self.npm.chmod(0o755)

    def build(self, npm_fails: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{self.npm.parent}:{os.environ['PATH']}", "NPM_FAILS": npm_fails}
        return subprocess.run([self.folder / "scripts" / "build-web"], env=environment, capture_output=True, text=True)

    def make(self, npm_fails: str = "") -> str:
        """Builds the pages by CMake; what that says."""
        environment = {**os.environ, "PATH": f"{self.npm.parent}:{os.environ['PATH']}", "NPM_FAILS": npm_fails}
        if not (self.folder / "CMakeLists.txt").exists():
            (self.folder / "CMakeLists.txt").write_text(PROJECT)
            subprocess.run([tool("cmake", "cmake"), "-G", "Ninja", "-B", "build/here"], cwd=self.folder, check=True,
                           capture_output=True)
        return subprocess.run([tool("cmake", "cmake"), "--build", "build/here", "--target", "web_pages"], cwd=self.folder,
                              env=environment, check=True, capture_output=True, text=True).stdout

    def change(self, path: str) -> None:
        with (self.folder / path).open("a") as source:
            source.write("\n")

    @property
    def page(self) -> str:
        return (self.folder / "build" / "web" / "pages" / "index.html").read_text(encoding="utf-8")

    @property
    def stale(self) -> bool:
        return (self.folder / "build" / "web" / "stale").exists()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_without_a_network_there_is_a_page_that_says_so(checkout: Checkout):
    for _ in range(2):
        done = checkout.build(NO_NETWORK)
        assert done.returncode == 0 and "no pages but one that says so" in done.stderr, done.stderr
        assert "built before" not in done.stderr
        assert checkout.page == PLACEHOLDER and checkout.stale
        checkout.change("web/ccp/src/main.ts")


def test_the_network_is_back(checkout: Checkout):
    checkout.build(NO_NETWORK)
    done = checkout.build()
    assert done.returncode == 0, done.stderr
    assert checkout.page == "built pages\n" and not checkout.stale


def test_without_a_network_the_pages_that_were_built_before_stay(checkout: Checkout):
    lock = checkout.folder / "web" / "package-lock.json"
    before = lock.read_bytes()
    assert checkout.build().returncode == 0 and not checkout.stale
    checkout.change("web/package-lock.json")
    done = checkout.build(NO_NETWORK)
    assert done.returncode == 0 and "built before" in done.stderr, done.stderr
    assert checkout.page == "built pages\n" and checkout.stale
    # Taking the change back makes them what the sources say, without any tool.
    lock.write_bytes(before)
    assert checkout.build(NO_NETWORK).returncode == 0 and not checkout.stale


@pytest.mark.parametrize("word", ["ERR!", "error"])  # Of npm 9 and before, and of later ones.
@pytest.mark.parametrize("code", ["EUSAGE", "EINTEGRITY", "EJSONPARSE"])
def test_a_lock_file_that_npm_refuses_is_a_fault(checkout: Checkout, code: str, word: str):
    done = checkout.build(f"npm {word} code {code}")
    assert done.returncode == 1 and "package-lock.json" in done.stderr, done.stderr
    # An earlier run's word does not count for this one.
    assert checkout.build(NO_NETWORK).returncode == 0


def test_each_build_tries_again_until_the_pages_are_there(checkout: Checkout):
    for _ in range(2):
        assert "no pages but one that says so" in checkout.make(NO_NETWORK)
    assert "Building the pages" in checkout.make() and checkout.page == "built pages\n"
    assert "no work to do" in checkout.make()
    # The same where there are pages already, and so a stamp.
    checkout.change("web/package-lock.json")
    for _ in range(2):
        assert "built before" in checkout.make(NO_NETWORK)
    assert "Building the pages" in checkout.make() and not checkout.stale
    assert "no work to do" in checkout.make()
    for source in ("web/ccp/src/main.ts", "web/.npmrc", "web/tools/build.mjs", "scripts/web-tools"):
        checkout.change(source)
        assert "Building the pages" in checkout.make(), source
    checkout.change("web/ccp/src/frame.test.ts")
    assert "no work to do" in checkout.make()


def test_the_libraries_are_npm_packages(checkout: Checkout):
    """With the real tools: what a page that takes a package gets."""
    subprocess.run([SOURCE / "scripts" / "web-tools"], check=True, capture_output=True)
    modules = ["web/node_modules", "build/web-tools"]
    (checkout.folder / "build").mkdir()
    for each in modules:
        # Links, where both are on one disk. The workspaces' own links lead into the copy.
        for how in ("-al", "-a"):
            if subprocess.run(["cp", how, SOURCE / each, checkout.folder / each], capture_output=True).returncode == 0:
                break
            shutil.rmtree(checkout.folder / each, ignore_errors=True)
    subprocess.run([checkout.folder / "scripts" / "package-libraries"], check=True, capture_output=True)
    for name, module in (("client", "dist/client.js"), ("bridge", "dist/lib/bridge.js")):
        [package] = (checkout.folder / "build").glob(f"baton-{name}-*.tgz")
        with tarfile.open(package) as opened:
            held = {member.name.removeprefix("package/") for member in opened.getmembers()}
        assert held >= {"package.json", "README.md", module, f"{module}.map", "dist/types/index.d.ts"}
        assert not [each for each in held if ".test." in each or each.startswith("src/")]
