"""Recorded takes and results in files.

A take is appended to while it happens and read back whatever became of the program
(``recorder``, ``records``, ``take``); rows of results are written whole or not at all.
"""

from geface_bridge.takes.atomic import atomic_bytes as atomic_bytes
from geface_bridge.takes.atomic import atomic_text as atomic_text
from geface_bridge.takes.messages import Marker as Marker
from geface_bridge.takes.messages import TakeHeader as TakeHeader
from geface_bridge.takes.playback import Playhead as Playhead
from geface_bridge.takes.recorder import TakeFacts as TakeFacts
from geface_bridge.takes.recorder import TakeRecorder as TakeRecorder
from geface_bridge.takes.rows import CsvWriter as CsvWriter
from geface_bridge.takes.rows import JsonWriter as JsonWriter
from geface_bridge.takes.rows import Row as Row
from geface_bridge.takes.take import Take as Take
from geface_bridge.takes.take import parse_take as parse_take
from geface_bridge.takes.take import read_take as read_take
from geface_bridge.takes.take import take_bytes as take_bytes
from geface_bridge.takes.take import write_take as write_take
