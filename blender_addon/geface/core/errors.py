# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error the add-on raises on purpose; its text is shown to the user as it stands.

GeFaceError                  a message for the user: what is, what should be, the way out
├── AddressError             the server's address or token cannot be used as it is written
├── ConnectionLostError      no server now; trying again later may help
├── RefusedError             the server refuses us; trying again is of no use
├── ProtocolError            bytes that are not geface.v1
│   └── VersionError         another major version, or another channel layout
├── TakeError                a recorded take cannot be read
├── ProfileError             a retarget profile is none, or does not fit
└── TargetError              a character cannot be driven
"""

from __future__ import annotations


class GeFaceError(Exception):
    """Base of all errors meant for the user."""


class AddressError(GeFaceError):
    """The server's address, token or certificate cannot be used as it is written."""


class ConnectionLostError(GeFaceError):
    """There is no server now; trying again later may help."""


class RefusedError(GeFaceError):
    """The server refuses us, or is none of ours; trying again is of no use."""


class ProtocolError(GeFaceError):
    """Bytes or messages that do not follow geface.v1."""


class VersionError(ProtocolError):
    """The server speaks another protocol version or another layout."""


class TakeError(GeFaceError):
    """A recorded take is not one, is of another version, or cannot be read."""


class ProfileError(GeFaceError):
    """A retarget profile is not one, or names what is not there."""


class TargetError(GeFaceError):
    """A character cannot be driven as it is set up."""
