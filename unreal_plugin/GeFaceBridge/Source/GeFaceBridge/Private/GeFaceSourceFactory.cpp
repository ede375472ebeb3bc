#include "GeFaceSourceFactory.h"

#include "GeFaceLog.h"
#include "GeFaceSource.h"
#include "GeFaceText.h"
#include "WebSocketsModule.h"

#define LOCTEXT_NAMESPACE "GeFaceSourceFactory"

FGeFaceBuildPanel& UGeFaceSourceFactory::PanelBuilder()
{
    static FGeFaceBuildPanel Builder;
    return Builder;
}

FText UGeFaceSourceFactory::GetSourceDisplayName() const
{
    return LOCTEXT("DisplayName", "GeFace Bridge");
}

FText UGeFaceSourceFactory::GetSourceTooltip() const
{
    return LOCTEXT("Tooltip", "Faces from a geface-bridge server: action units, ARKit curves, bones");
}

ULiveLinkSourceFactory::EMenuType UGeFaceSourceFactory::GetMenuType() const
{
    return PanelBuilder().IsBound() ? EMenuType::SubPanel : EMenuType::Disabled;
}

TSharedPtr<SWidget> UGeFaceSourceFactory::BuildCreationPanel(FOnLiveLinkSourceCreated OnLiveLinkSourceCreated) const
{
    return PanelBuilder().IsBound() ? PanelBuilder().Execute(OnLiveLinkSourceCreated) : TSharedPtr<SWidget>();
}

TSharedPtr<ILiveLinkSource> UGeFaceSourceFactory::CreateSource(const FString& ConnectionString) const
{
    std::string Error;
    const std::optional<geface::Connection> Connection =
        geface::ParseConnection(GeFace::ToUtf8(ConnectionString), Error);
    if (!Connection)
    {
        UE_LOG(LogGeFaceBridge, Error, TEXT("%s"), *GeFace::FromUtf8(Error));
        return nullptr;
    }
    return MakeShared<FGeFaceSource>(*Connection,
        [](const FString& Url, const FString& Protocol, const TMap<FString, FString>& Headers) -> TSharedPtr<IWebSocket>
        {
            return FWebSocketsModule::Get().CreateWebSocket(Url, Protocol, Headers);
        });
}

#undef LOCTEXT_NAMESPACE
