"""Where pictures come from: cameras, videos, streams, images. See ``Source``."""

from geface_bridge.capture.frames import Frame as Frame
from geface_bridge.capture.frames import Source as Source
from geface_bridge.capture.images import read_images as read_images
from geface_bridge.capture.live import open_camera as open_camera
from geface_bridge.capture.live import open_url as open_url
from geface_bridge.capture.video import open_performance as open_performance
from geface_bridge.capture.video import open_video as open_video
