// What a Live Link source of ours can be set to while it runs.
#pragma once

#include "CoreMinimal.h"
#include "LiveLinkSourceSettings.h"

#include "GeFaceSourceSettings.generated.h"

namespace geface
{
    struct Connection;
}

/** What subjects are. In the order of geface::Role. */
UENUM()
enum class EGeFaceRole : uint8
{
    /** Curves alone: ARKit's shapes or action units, and the head's turn. */
    Basic,
    /** Bones too, from a profile; needs GeFace Retarget Asset in the Live Link Pose node. */
    Animation,
};

/** Which curves. In the order of geface::Curves. */
UENUM()
enum class EGeFaceCurves : uint8
{
    /** FACS action units as the server sends them: AU12_L, AU12_R, ... */
    ActionUnits,
    /** ARKit's 52 shapes under Epic's names: MouthSmileLeft, ... */
    Arkit,
    Both,
};

/** In the order of geface::CalibrationKind. */
enum class EGeFaceCalibration : uint8
{
    Neutral,
    Range,
    Clear,
};

DECLARE_DELEGATE_OneParam(FGeFaceCalibrate, EGeFaceCalibration);

UCLASS()
class GEFACEBRIDGE_API UGeFaceSourceSettings : public ULiveLinkSourceSettings
{
    GENERATED_BODY()

public:
    /** Of the server. Another one is another source. */
    UPROPERTY(VisibleAnywhere, Category = "GeFace")
    FString Url;

    /** Before the names that the server gives its faces. */
    UPROPERTY(EditAnywhere, Category = "GeFace")
    FString SubjectPrefix;

    UPROPERTY(EditAnywhere, Category = "GeFace")
    EGeFaceRole Role = EGeFaceRole::Basic;

    UPROPERTY(EditAnywhere, Category = "GeFace")
    EGeFaceCurves Curves = EGeFaceCurves::Arkit;

    /** A profile of rig/profiles or of your own: a file's path, or its name in the plugin's or the project's Profiles. */
    UPROPERTY(EditAnywhere, Category = "GeFace")
    FString Profile;

    /** How long a frame may wait for earlier ones. 0 shows each at once. */
    UPROPERTY(EditAnywhere, Category = "GeFace", meta = (ClampMin = "0", ClampMax = "1000", ForceUnits = "ms"))
    float DelayMs = 0.0f;

    /** Look straight ahead with a relaxed face, then press: the mean of two seconds becomes the rest of all faces. */
    UFUNCTION(CallInEditor, Category = "GeFace")
    void CalibrateNeutral();

    /** Forget what was calibrated. */
    UFUNCTION(CallInEditor, Category = "GeFace")
    void ClearCalibration();

    /** Shows a connection, and keeps it where presets find it. */
    void Show(const geface::Connection& Connection);

    /** Takes what can be set here over into a connection. */
    void Take(geface::Connection& Connection) const;

    /** The source listens here. */
    FGeFaceCalibrate OnCalibrate;
};
