"""What `make lint` forbids, it finds: each rule has a planted violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.config import SOURCE


def rules(folder: Path, name: str, text: str) -> tuple[int, str]:
    """What scripts/check-rules says of a source tree with this one file."""
    (folder / "scripts").mkdir(exist_ok=True)
    shutil.copy(SOURCE / "scripts" / "check-rules", folder / "scripts")
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    done = subprocess.run([sys.executable, folder / "scripts" / "check-rules", file], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "text", "words"), [
    ("src/core/center.cpp", "#include <cstdio>\n", "core is pure"),
    ("src/core/center.cpp", "#include <boost/asio.hpp>\n", "core is pure"),
    ("src/message/request.cpp", "#include <thread>\n", "message is pure"),
    ("src/directory/directory.cpp", "#include <random>\n", "directory is pure"),
    ("src/core/center.cpp", "int f() { return std::rand(); }\n", "outside"),
    ("src/core/center.cpp", 'auto f() { return std::getenv("HOME"); }\n', "outside"),
    ("src/core/center.cpp", 'void f() { std::printf("x"); }\n', "outside"),
    ("src/core/center.cpp", "auto f() { return std::chrono::system_clock::now(); }\n", "clock"),
    ("src/core/center.cpp", "auto f() { std::time_t t; return std::time(&t); }\n", "clock"),
    ("src/core/agent.hpp", "struct Agent {};\n", "#pragma once"),
    ("src/gateway/api.cpp", "void f() { co_await g([x]() { return x; }); }\n", "destroyed twice"),
    ("src/gateway/api.cpp", "// TO" "DO: later\n", "note to self"),
    ("docs/a.md", "see /ro" "ot/baton\n", "path of one machine"),
    ("web/package-lock.json", '{"resolved": "https://packages.example/a.tgz"}\n', "download address"),
])
def test_a_planted_violation_is_found(tmp_path, name: str, text: str, words: str):
    code, said = rules(tmp_path, name, text)
    assert code == 1 and f"{name}:1: " in said and words in said, said


def test_what_is_right_passes(tmp_path):
    code, said = rules(tmp_path, "src/core/center.cpp",
                       '#include <string>\n// std::rand() would not do.\nauto f() { return std::string("printf("); }\n')
    assert code == 0, said


def test_no_room_reaches_up(tmp_path):
    upper = tmp_path / "src" / "gateway" / "api.hpp"
    upper.parent.mkdir(parents=True)
    upper.write_text("#pragma once\n")
    code, said = rules(tmp_path, "src/core/center.cpp", '#include "gateway/api.hpp"\n')
    assert code == 1 and "core may not include gateway" in said, said


@pytest.mark.parametrize(("text", "code"), [("#include <string>\n", 0), ("#include <sys/socket.h>\n", 1),
                                            ("#include <boost/asio/buffer.hpp>\n", 1)])
def test_an_io_header_is_reached(tmp_path, text: str, code: int):
    (tmp_path / "one.hpp").write_text(text)
    (tmp_path / "center.cpp").write_text('#include "one.hpp"\n')
    done = subprocess.run([SOURCE / "scripts" / "check-purity", "g++", tmp_path, tmp_path / "center.cpp"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
