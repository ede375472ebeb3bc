"""The page on which the rig's own head follows a live stream. See ``ViewerServer``.

Why a page of our own and not ``viser`` (looked at first, version 1.1.1, with this rig's size:
6,790 vertices and 128 bones):

* ``add_mesh_skinned`` moves its bones by orientation and position only (messages
  ``SetBoneOrientation`` and ``SetBonePosition``; there is none for scale). Our poses scale
  bones, so the head would not be the one that ``rig.skinning`` gives.
* Its meshes have one colour each: ``SkinnedMeshProps`` has no texture coordinates. Textures
  come only with ``add_glb``, whose bones cannot be moved at all.
* Every bone is two messages of about 100 bytes: 256 messages and 19 ms of the stream's only
  core a frame, more than a frame may take at 60 per second. Sending skinned vertices instead
  is cheap (0.05 ms) but 81 kB a frame and still without textures.
* It binds to 0.0.0.0 unless told otherwise, and accepts a websocket of any Origin, so that any
  page in the same browser could read the face.

The page here (``page/``: HTML, CSS and JavaScript modules, WebGL2, nothing from elsewhere, no
build step) is an ordinary client of geface.v1. It fetches ``head.glb`` and the profile once,
then evaluates bone poses and skins on the GPU: the stream's core pays for 300 bytes a frame.
"""

from geface_bridge.viewer.server import ViewerServer as ViewerServer
from geface_bridge.viewer.server import open_browser as open_browser
