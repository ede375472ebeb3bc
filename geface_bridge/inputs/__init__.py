"""Other programs' formats, received instead of pictures: phones that measure a face themselves.

A decoder makes a ``FacePacket`` of a datagram or says what is wrong with it; ``Devices`` gives
every sender a subject and a source time; ``PhoneSource`` has the socket.
"""

from geface_bridge.inputs.devices import Devices as Devices
from geface_bridge.inputs.devices import PhoneFrame as PhoneFrame
from geface_bridge.inputs.ifacialmocap import decode_ifacialmocap as decode_ifacialmocap
from geface_bridge.inputs.livelink import decode_livelink as decode_livelink
from geface_bridge.inputs.packet import FacePacket as FacePacket
from geface_bridge.inputs.phones import PhoneSource as PhoneSource
from geface_bridge.inputs.phones import open_phones as open_phones
