"""Other programs' formats, sent while a face is followed; each is an outlet of the live loop.

None of them waits for its receiver: datagrams are sent and forgotten, and what needs a connection
has a thread of its own that takes the newest frame when it can.
"""

from geface_bridge.outputs.face import ShownFace as ShownFace
from geface_bridge.outputs.ifacialmocap import IFacialMocapOutput as IFacialMocapOutput
from geface_bridge.outputs.livelink import LiveLinkOutput as LiveLinkOutput
from geface_bridge.outputs.osc import OscOutput as OscOutput
from geface_bridge.outputs.udp import Address as Address
from geface_bridge.outputs.udp import parse_address as parse_address
from geface_bridge.outputs.vmc import VmcOutput as VmcOutput
from geface_bridge.outputs.vts import VtsOutput as VtsOutput
