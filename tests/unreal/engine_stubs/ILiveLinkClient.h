// A STUB, not the engine: what a source calls, and no more.
#pragma once

#include "LiveLinkRole.h"
#include "LiveLinkTypes.h"

class ILiveLinkClient {
public:
    virtual ~ILiveLinkClient() = default;
    virtual void PushSubjectStaticData_AnyThread(const FLiveLinkSubjectKey& key,
                                                 TSubclassOf<ULiveLinkRole> role,
                                                 FLiveLinkStaticDataStruct&& data) = 0;
    virtual void PushSubjectFrameData_AnyThread(const FLiveLinkSubjectKey& key,
                                                FLiveLinkFrameDataStruct&& data) = 0;
    virtual void RemoveSubject_AnyThread(const FLiveLinkSubjectKey& key) = 0;
};
