// A STUB, not the engine. The version is given from outside, as -DENGINE_MINOR_VERSION=…
#pragma once

#define ENGINE_MAJOR_VERSION 5
#ifndef ENGINE_MINOR_VERSION
#error "set ENGINE_MINOR_VERSION"
#endif
#define ENGINE_PATCH_VERSION 0

#define UE_VERSION_OLDER_THAN(major, minor, patch) \
    (ENGINE_MAJOR_VERSION < (major) ||             \
     (ENGINE_MAJOR_VERSION == (major) && ENGINE_MINOR_VERSION < (minor)))
