// The connection that was added last, in the user's own settings of the project. Its token is not
// kept: that file is plain text.
#pragma once

#include "GeFaceCore/Connection.h"

namespace GeFace
{
// The default where nothing, or nothing readable, was kept.
geface::Connection LastConnection();

void KeepConnection(geface::Connection Connection);
}
