// A STUB, not the engine.
#pragma once

#include "Roles/LiveLinkBasicRole.h"

class ULiveLinkAnimationRole : public ULiveLinkBasicRole {
    STUB_CLASS(ULiveLinkAnimationRole, ULiveLinkBasicRole)
};
