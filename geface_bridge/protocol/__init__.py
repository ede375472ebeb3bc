"""geface.v1, the wire, as a pure state machine: no sockets, no clocks, no threads.

``docs/protocol.md`` is the specification, ``tests/contract/golden`` its bytes.
"""

from geface_bridge.protocol.codec import MAX_MESSAGE_BYTES as MAX_MESSAGE_BYTES
from geface_bridge.protocol.codec import decode as decode
from geface_bridge.protocol.codec import encode as encode
from geface_bridge.protocol.messages import SUBPROTOCOL as SUBPROTOCOL
from geface_bridge.protocol.messages import VERSION as VERSION
from geface_bridge.protocol.messages import Calibrate as Calibrate
from geface_bridge.protocol.messages import ClientMessage as ClientMessage
from geface_bridge.protocol.messages import Command as Command
from geface_bridge.protocol.messages import Dropped as Dropped
from geface_bridge.protocol.messages import FaceFrame as FaceFrame
from geface_bridge.protocol.messages import Gain as Gain
from geface_bridge.protocol.messages import Hello as Hello
from geface_bridge.protocol.messages import Level as Level
from geface_bridge.protocol.messages import Mark as Mark
from geface_bridge.protocol.messages import Message as Message
from geface_bridge.protocol.messages import Mode as Mode
from geface_bridge.protocol.messages import Ping as Ping
from geface_bridge.protocol.messages import Playback as Playback
from geface_bridge.protocol.messages import Pong as Pong
from geface_bridge.protocol.messages import ServerMessage as ServerMessage
from geface_bridge.protocol.messages import Status as Status
from geface_bridge.protocol.messages import Subscribe as Subscribe
from geface_bridge.protocol.outbox import Packet as Packet
from geface_bridge.protocol.session import ClientSession as ClientSession
from geface_bridge.protocol.session import ServerSession as ServerSession
