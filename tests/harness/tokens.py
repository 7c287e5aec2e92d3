"""Tokens that the server did not make: forged with a secret, or by a token issuer with a key of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import time
from pathlib import Path


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(claims: dict, secret: bytes, header: dict | None = None) -> str:
    """Signed with `secret`, whatever the header says."""
    head = b64(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode())
    body = b64(json.dumps(claims).encode())
    return f"{head}.{body}." + b64(hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest())


def claims(**changes) -> dict:
    now = int(time.time())
    return {"sub": "agent1", "role": "agent", "iss": "baton", "aud": "baton", "iat": now, "exp": now + 600, **changes}


class Issuer:
    """One RSA key, and tokens signed with it by RS256."""

    def __init__(self, folder: Path, kid: str):
        self.kid, self.key = kid, folder / f"{kid}.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True)

    def jwk(self) -> dict:
        out = subprocess.run(["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], check=True, capture_output=True)
        modulus = bytes.fromhex(out.stdout.decode().strip().removeprefix("Modulus="))
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": b64(modulus), "e": "AQAB"}

    def public_pem(self) -> bytes:
        return subprocess.run(["openssl", "rsa", "-in", self.key, "-pubout"], check=True, capture_output=True).stdout

    def token(self, login: str = "agent1", role: str = "agent", **changes) -> str:
        header, body = {"alg": "RS256", "kid": self.kid}, claims(sub=login, role=role, **changes)
        signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(body).encode())}"
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(),
                                   check=True, capture_output=True).stdout
        return f"{signed}.{b64(signature)}"


def write_jwks(path: Path, *issuers: Issuer) -> None:
    """The whole new file at once, as a tool that renews it should."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps({"keys": [one.jwk() for one in issuers]}))
    unfinished.chmod(0o644)
    unfinished.replace(path)
