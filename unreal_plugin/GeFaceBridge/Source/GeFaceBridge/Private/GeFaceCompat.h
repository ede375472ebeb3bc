// What differs between the engine's versions 5.2 to 5.6, and only here.
#pragma once

#include "Misc/EngineVersionComparison.h"

#if UE_VERSION_OLDER_THAN(5, 2, 0)
#error "GeFaceBridge needs Unreal Engine 5.2: messages in parts cannot be told before it"
#endif

// The contexts of an automation test were a member of the enumeration before 5.5.
#if UE_VERSION_OLDER_THAN(5, 5, 0)
#define GEFACE_TEST_CONTEXTS EAutomationTestFlags::ApplicationContextMask
#else
#define GEFACE_TEST_CONTEXTS EAutomationTestFlags_ApplicationContextMask
#endif
