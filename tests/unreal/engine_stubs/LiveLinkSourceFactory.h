// A STUB, not the engine.
#pragma once

#include "CoreMinimal.h"

struct FLiveLinkSourcePreset;
class ILiveLinkSource;
class SWidget;

class ULiveLinkSourceFactory : public UObject {
    STUB_CLASS(ULiveLinkSourceFactory, UObject)

    enum class EMenuType { SubPanel, MenuEntry, Disabled };
    DECLARE_DELEGATE_TwoParams(FOnLiveLinkSourceCreated, TSharedPtr<ILiveLinkSource>, FString);

    virtual FText GetSourceDisplayName() const = 0;
    virtual FText GetSourceTooltip() const = 0;
    virtual EMenuType GetMenuType() const { return EMenuType::Disabled; }
    virtual TSharedPtr<SWidget> BuildCreationPanel(FOnLiveLinkSourceCreated) const { return {}; }
    virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString& connection) const = 0;
#if ENGINE_MINOR_VERSION >= 6
    // In which version it came is not known to us; where it is, one override hides the other.
    virtual TSharedPtr<ILiveLinkSource> CreateSource(const FLiveLinkSourcePreset&) { return {}; }
#endif
};
