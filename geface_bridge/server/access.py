"""Who may connect: addresses, tokens and the origins of browser pages. Pure checks."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Collection
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
