// A STUB, not the engine.
#pragma once

#include "LiveLinkSourceFactory.h"
#include "LiveLinkTypes.h"

class ULiveLinkSourceSettings : public UObject {
    STUB_CLASS(ULiveLinkSourceSettings, UObject)

    FString ConnectionString;
    TSubclassOf<ULiveLinkSourceFactory> Factory;
};
