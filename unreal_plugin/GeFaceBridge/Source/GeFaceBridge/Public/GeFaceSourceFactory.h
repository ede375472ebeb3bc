// Makes sources from connection strings, in the editor's panel and from presets.
#pragma once

#include "CoreMinimal.h"
#include "LiveLinkSourceFactory.h"

#include "GeFaceSourceFactory.generated.h"

class SWidget;

/** Builds the panel in which people enter a connection. */
DECLARE_DELEGATE_RetVal_OneParam(
    TSharedPtr<SWidget>, FGeFaceBuildPanel, ULiveLinkSourceFactory::FOnLiveLinkSourceCreated);

UCLASS()
class GEFACEBRIDGE_API UGeFaceSourceFactory : public ULiveLinkSourceFactory
{
    GENERATED_BODY()

public:
    /** Bound by GeFaceBridgeEditor: this module has no Slate, so that it runs in packaged games. */
    static FGeFaceBuildPanel& PanelBuilder();

    //~ Begin ULiveLinkSourceFactory interface
    using ULiveLinkSourceFactory::CreateSource;
    virtual FText GetSourceDisplayName() const override;
    virtual FText GetSourceTooltip() const override;
    virtual EMenuType GetMenuType() const override;
    virtual TSharedPtr<SWidget> BuildCreationPanel(FOnLiveLinkSourceCreated OnLiveLinkSourceCreated) const override;
    /** Null, with a line in the log, if the string is none (GeFaceCore/Connection.h). */
    virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString& ConnectionString) const override;
    //~ End ULiveLinkSourceFactory interface
};
