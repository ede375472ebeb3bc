// A STUB, not the engine.
#pragma once

#include "LiveLinkTypes.h"

struct FLiveLinkSkeletonStaticData : public FLiveLinkBaseStaticData {
    STUB_STRUCT(FLiveLinkSkeletonStaticData, FLiveLinkBaseStaticData::StaticStruct())
    void SetBoneNames(const TArray<FName>& names) { names_ = names; }
    void SetBoneParents(const TArray<int32>& parents) { parents_ = parents; }
    const TArray<FName>& GetBoneNames() const { return names_; }
    const TArray<int32>& GetBoneParents() const { return parents_; }

private:
    TArray<FName> names_;
    TArray<int32> parents_;
};

struct FLiveLinkAnimationFrameData : public FLiveLinkBaseFrameData {
    STUB_STRUCT(FLiveLinkAnimationFrameData, FLiveLinkBaseFrameData::StaticStruct())
    TArray<FTransform> Transforms;
};
