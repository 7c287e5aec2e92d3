"""Digest authentication with MD5 and qop=auth (RFC 3261 section 22, RFC 8760 for what replaces it)."""

from __future__ import annotations

import hashlib
import re
import secrets


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def parse_challenge(value: str) -> dict[str, str]:
    """{"realm": ..., "nonce": ..., ...} of WWW-Authenticate, Proxy-Authenticate or Authorization."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        raise ValueError(f"not a digest challenge: {value!r}")
    return {name.lower(): quoted or plain
            for name, quoted, plain in re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', rest)}


def answer_of(fields: dict[str, str], method: str, password: str) -> str:
    ha1 = md5(f"{fields['username']}:{fields['realm']}:{password}")
    ha2 = md5(f"{method}:{fields['uri']}")
    if fields.get("qop"):
        return md5(f"{ha1}:{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:{fields['qop']}:{ha2}")
    return md5(f"{ha1}:{fields['nonce']}:{ha2}")


class Credentials:
    """Answers challenges, counting the uses of each nonce."""

    def __init__(self, username: str, password: str):
        self.username, self.password = username, password
        self.counts: dict[str, int] = {}

    def authorize(self, challenge: str, method: str, uri: str) -> str:
        offered = parse_challenge(challenge)
        if offered.get("algorithm", "MD5").upper() != "MD5":
            raise ValueError(f"unsupported algorithm in {challenge!r}")
        nonce = offered["nonce"]
        fields = {"username": self.username, "realm": offered["realm"], "nonce": nonce, "uri": uri}
        if "auth" in [q.strip() for q in offered.get("qop", "").split(",")]:
            self.counts[nonce] = self.counts.get(nonce, 0) + 1
            fields.update(qop="auth", nc=f"{self.counts[nonce]:08x}", cnonce=secrets.token_hex(8))
        fields["response"] = answer_of(fields, method, self.password)
        if "opaque" in offered:
            fields["opaque"] = offered["opaque"]
        bare = ("qop", "nc")
        return "Digest " + ", ".join(f"{k}={v}" if k in bare else f'{k}="{v}"' for k, v in fields.items()) + \
            ", algorithm=MD5"


def check(authorization: str, method: str, password: str) -> bool:
    fields = parse_challenge(authorization)
    return fields.get("response") == answer_of(fields, method, password)
