// A STUB, not the engine.
#pragma once

#include "CoreMinimal.h"

struct FCompactPose;
struct FLiveLinkAnimationFrameData;
struct FLiveLinkSkeletonStaticData;

class ULiveLinkRemapAsset : public UObject {
    STUB_CLASS(ULiveLinkRemapAsset, UObject)

    virtual void BuildPoseFromAnimationData(float, const FLiveLinkSkeletonStaticData*,
                                            const FLiveLinkAnimationFrameData*, FCompactPose&) {}
    // A native event: a Blueprint may answer.
    FName GetRemappedBoneName(FName name) const { return remapped ? remapped(name) : name; }
    std::function<FName(FName)> remapped;
};
