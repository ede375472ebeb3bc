#include "GeFaceRetargetAsset.h"

#include "BonePose.h"
#include "GeFaceCore/Unreal.h"
#include "Roles/LiveLinkAnimationTypes.h"

namespace
{
    geface::Placement GeFacePlacement(const FTransform& Transform)
    {
        const FQuat Turn = Transform.GetRotation();
        const FVector Place = Transform.GetTranslation();
        const FVector Scale = Transform.GetScale3D();
        return {{Place.X, Place.Y, Place.Z}, {Turn.X, Turn.Y, Turn.Z, Turn.W}, {Scale.X, Scale.Y, Scale.Z}};
    }

    FTransform GeFacePosedTransform(const geface::Placement& Placement)
    {
        const geface::Quaternion& Turn = Placement.rotation;
        const geface::Vector3& Place = Placement.translation_cm;
        const geface::Vector3& Scale = Placement.scale;
        FQuat Rotation(Turn[0], Turn[1], Turn[2], Turn[3]);
        Rotation.Normalize();
        return FTransform(Rotation, FVector(Place[0], Place[1], Place[2]), FVector(Scale[0], Scale[1], Scale[2]));
    }

    // Where a bone's parent rests in the component.
    geface::Placement GeFaceRestOfParent(const FCompactPose& Pose, FCompactPoseBoneIndex Bone)
    {
        geface::Placement Rest;
        const FBoneContainer& Bones = Pose.GetBoneContainer();
        for (Bone = Bones.GetParentBoneIndex(Bone); Bone.IsValid(); Bone = Bones.GetParentBoneIndex(Bone))
        {
            Rest = geface::Chained(GeFacePlacement(Pose.GetRefPose(Bone)), Rest);
        }
        return Rest;
    }
}

void UGeFaceRetargetAsset::BuildPoseFromAnimationData(float /*DeltaTime*/,
    const FLiveLinkSkeletonStaticData* InSkeletonData, const FLiveLinkAnimationFrameData* InFrameData,
    FCompactPose& OutPose)
{
    const TArray<FName>& Names = InSkeletonData->GetBoneNames();
    const FBoneContainer& Bones = OutPose.GetBoneContainer();
    // The first is the root that only Live Link knows.
    for (int32 Index = 1; Index < Names.Num() && Index < InFrameData->Transforms.Num(); ++Index)
    {
        const int32 MeshIndex = Bones.GetPoseBoneIndexForBoneName(GetRemappedBoneName(Names[Index]));
        if (MeshIndex == INDEX_NONE)
        {
            continue;
        }
        const FCompactPoseBoneIndex Bone = Bones.MakeCompactPoseIndex(FMeshPoseBoneIndex(MeshIndex));
        if (Bone.IsValid()) // not left out by the level of detail
        {
            OutPose[Bone] = GeFacePosedTransform(geface::Posed(GeFacePlacement(OutPose[Bone]),
                GeFaceRestOfParent(OutPose, Bone), GeFacePlacement(InFrameData->Transforms[Index])));
        }
    }
}
