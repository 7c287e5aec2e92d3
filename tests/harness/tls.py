"""Certificates for TLS on loopback, made anew for each test."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def make_certificate(folder: Path) -> None:
    """agent.pem (certificate and key) and cafile.pem, as sofia-sip wants them; valid for 127.0.0.1."""
    folder.mkdir(parents=True, exist_ok=True)
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    (folder / "agent.pem").write_text(certificate.read_text() + key.read_text())
    (folder / "cafile.pem").write_text(certificate.read_text())


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a peer needs: as a server, as a client (which checks the server's certificate)."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "agent.pem")
    client = ssl.create_default_context(cafile=str(folder / "cafile.pem"))
    client.load_cert_chain(folder / "agent.pem")
    return server, client
