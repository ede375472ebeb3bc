"""Sockets, clocks and threads around ``geface_bridge.protocol``; the edge of the wire."""

from geface_bridge.server.client import ConnectionLostError as ConnectionLostError
from geface_bridge.server.client import FaceClient as FaceClient
from geface_bridge.server.client import FaceStream as FaceStream
from geface_bridge.server.client import Waiting as Waiting
from geface_bridge.server.server import ClientStats as ClientStats
from geface_bridge.server.server import FaceServer as FaceServer
from geface_bridge.server.server import ServerStats as ServerStats
