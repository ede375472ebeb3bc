"""Every error that geface-bridge raises on purpose.

    GefaceError                  a message for the user: what is, what should be, the way out
    ├── SourceError              a camera, file or stream cannot be read
    ├── ImageError               an image is too small, too large or not an image
    ├── ModelError               weights are missing, corrupt or of another layout
    ├── ProtocolError            bytes that are not geface.v1
    │   └── VersionError         a protocol or layout that does not match ours
    ├── ServerError              a port is busy, an address refused
    ├── TakeError                a recorded take cannot be read or written
    ├── ConfigError              an option or configuration file is wrong
    └── MissingDependencyError   an optional package is not installed

The command line prints the message in one line and exits with ``exit_code``;
inside a live stream it becomes a ``status`` event and the stream goes on.
"""

from __future__ import annotations


class GefaceError(Exception):
    """Base of all errors meant for the user.

    Attributes:
        exit_code: what the command line exits with.
    """

    exit_code = 2


class SourceError(GefaceError):
    """A camera, file or stream cannot be opened, or ended when it should not."""


class ImageError(GefaceError):
    """An image is not one the estimator can work on."""


class ModelError(GefaceError):
    """Weights are missing, corrupt, or made for another layout."""


class ProtocolError(GefaceError):
    """Bytes or messages that do not follow geface.v1."""


class VersionError(ProtocolError):
    """The peer speaks another protocol version or another layout."""


class ServerError(GefaceError):
    """The server cannot listen where it was told to."""


class TakeError(GefaceError):
    """A recorded take is not one, is of another version, or cannot be written."""


class ConfigError(GefaceError):
    """An option or a configuration file is wrong."""


class MissingDependencyError(GefaceError):
    """An optional package is needed for what was asked."""
