#pragma once

#include "IDesktopPlatform.h"

struct FDesktopPlatformModule {
    static IDesktopPlatform* Get() {
        static IDesktopPlatform platform;
        return &platform;
    }
};
