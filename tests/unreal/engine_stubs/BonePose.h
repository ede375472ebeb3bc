// A STUB, not the engine: a skeleton whose compact pose holds all its bones but those left out.
#pragma once

#include "CoreMinimal.h"

struct FCompactPoseBoneIndex {
    explicit FCompactPoseBoneIndex(int32 index) : index_(index) {}
    int32 GetInt() const { return index_; }
    bool IsValid() const { return index_ != INDEX_NONE; }

private:
    int32 index_;
};

struct FMeshPoseBoneIndex {
    explicit FMeshPoseBoneIndex(int32 mesh) : index(mesh) {}
    int32 index;
};

struct StubBone {
    FName name;
    int32 parent;
    FTransform rest;
    bool is_left_out = false;
};

class FBoneContainer {
public:
    TArray<StubBone> bones;

    int32 GetPoseBoneIndexForBoneName(const FName& name) const {
        for (int32 i = 0; i < bones.Num(); ++i) {
            if (bones[i].name == name) return i;
        }
        return INDEX_NONE;
    }
    FCompactPoseBoneIndex MakeCompactPoseIndex(const FMeshPoseBoneIndex& mesh) const {
        return FCompactPoseBoneIndex(bones[mesh.index].is_left_out ? INDEX_NONE : mesh.index);
    }
    FCompactPoseBoneIndex GetParentBoneIndex(const FCompactPoseBoneIndex& bone) const {
        return FCompactPoseBoneIndex(bones[bone.GetInt()].parent);
    }
};

struct FCompactPose {
    FBoneContainer container;
    TArray<FTransform> transforms;

    const FBoneContainer& GetBoneContainer() const { return container; }
    const FTransform& GetRefPose(const FCompactPoseBoneIndex& bone) const {
        return container.bones[bone.GetInt()].rest;
    }
    FTransform& operator[](const FCompactPoseBoneIndex& bone) { return transforms[bone.GetInt()]; }
};
