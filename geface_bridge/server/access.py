"""Who may connect: addresses, tokens, certificates and the origins of browser pages."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import ssl
from collections.abc import Collection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from geface_bridge.errors import ServerError


def is_loopback(host: str) -> bool:
    """True if only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_token(host: str, token: str | None) -> None:
    """Refuse to listen beyond this machine without a token.

    Raises:
        ServerError: with a fresh token in the message.
    """
    if token == "":
        raise ServerError("the token is empty, expected at least one character")
    if token is None and not is_loopback(host):
        raise ServerError(
            f"{host or 'every address'} can be reached from other machines, which needs a token: "
            f"add --token {secrets.token_urlsafe(12)}, or listen on 127.0.0.1"
        )


def token_matches(expected: str, path: str, authorization: str | None) -> bool:
    """True if ``?token=`` in ``path`` or the Authorization header ("Bearer …") holds it."""
    offered = parse_qs(path.partition("?")[2]).get("token", [])
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        offered.append(value.strip())
    wanted = expected.encode()
    # No early return: the time taken must not tell which of several was right.
    matches = [hmac.compare_digest(offer.encode(errors="replace"), wanted) for offer in offered]
    return any(matches)


def origin_allowed(origin: str | None, allowed: Collection[str] = ()) -> bool:
    """True for programs (no Origin), pages of this machine, and origins on the list."""
    if origin is None or origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_loopback(host)


def origin_is_host(origin: str | None, host: str | None) -> bool:
    """True if the origin of a page, "http://box.local", names the host of the Host header.

    Unreal's WebSockets module sends the server's own host as Origin. With the right token that
    is as good as none; without one it is what a page does that lets its name point here.
    """
    try:
        asked = urlsplit(f"//{host or ''}").hostname
        return asked is not None and urlsplit(origin or "").hostname == asked
    except ValueError:
        return False


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """The server's side of TLS 1.2 or later.

    Args:
        certificate: PEM file, the server's own first; key: PEM file, not encrypted.

    Raises:
        ServerError: a file is missing, is no PEM, or the two do not belong together.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        reason = getattr(error, "strerror", None) or str(error)
        raise ServerError(
            f"certificate {certificate} with key {key} cannot be used ({reason}), expected two PEM "
            "files that belong together, the key without a password; make a pair with: openssl "
            "req -x509 -newkey rsa:2048 -nodes -days 365 -keyout key.pem -out cert.pem"
        ) from None
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")
