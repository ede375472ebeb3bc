"""The live line: source → align → estimate → motion → calibrate → publish.

``FaceChain`` turns one picture into one estimate a subject, ``LiveLoop`` does so for a source
that may come and go, ``StatusLine`` tells the user.
"""

from geface_bridge.live.chain import FaceChain as FaceChain
from geface_bridge.live.loop import LiveLoop as LiveLoop
from geface_bridge.live.meter import StageMeter as StageMeter
from geface_bridge.live.motions import Motions as Motions
from geface_bridge.live.motions import paces as paces
from geface_bridge.live.outlets import FanOut as FanOut
from geface_bridge.live.outlets import Outlet as Outlet
from geface_bridge.live.phones import PhoneChain as PhoneChain
from geface_bridge.live.sources import PersistentSource as PersistentSource
from geface_bridge.live.sources import open_source as open_source
from geface_bridge.live.statusline import Snapshot as Snapshot
from geface_bridge.live.statusline import StatusLine as StatusLine
