// Puts the bones of an Animation subject onto any skeleton that has them.
#pragma once

#include "CoreMinimal.h"
#include "LiveLinkRemapAsset.h"

#include "GeFaceRetargetAsset.generated.h"

/**
 * For the Live Link Pose node. Our bones come as what they do beside their rest, in the component's axes,
 * because a profile does not know the skeleton; here they are added to the pose that comes in, so that
 * the character keeps its own proportions. The mesh has to face +Y as Unreal's own do. Bones are found
 * by name; make a Blueprint of this class to rename them (Get Remapped Bone Name). Curves pass as in the
 * engine's Live Link Remap Asset.
 */
UCLASS(Blueprintable)
class GEFACEBRIDGE_API UGeFaceRetargetAsset : public ULiveLinkRemapAsset
{
    GENERATED_BODY()

public:
    //~ Begin ULiveLinkRetargetAsset interface; called on animation threads
    virtual void BuildPoseFromAnimationData(float DeltaTime, const FLiveLinkSkeletonStaticData* InSkeletonData,
        const FLiveLinkAnimationFrameData* InFrameData, FCompactPose& OutPose) override;
    //~ End ULiveLinkRetargetAsset interface
};
