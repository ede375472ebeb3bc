// Gives the source's factory its panel.
#include "Modules/ModuleManager.h"

#include "GeFaceSourceFactory.h"
#include "SGeFaceSourcePanel.h"

class FGeFaceBridgeEditorModule : public IModuleInterface
{
public:
    virtual void StartupModule() override
    {
        UGeFaceSourceFactory::PanelBuilder().BindStatic(&FGeFaceBridgeEditorModule::BuildPanel);
    }

    virtual void ShutdownModule() override
    {
        UGeFaceSourceFactory::PanelBuilder().Unbind();
    }

private:
    static TSharedPtr<SWidget> BuildPanel(ULiveLinkSourceFactory::FOnLiveLinkSourceCreated OnCreated)
    {
        return SNew(SGeFaceSourcePanel).OnAdd_Lambda([OnCreated](const FString& ConnectionString)
        {
            const UGeFaceSourceFactory* Factory = GetDefault<UGeFaceSourceFactory>();
            OnCreated.ExecuteIfBound(Factory->CreateSource(ConnectionString), ConnectionString);
        });
    }
};

IMPLEMENT_MODULE(FGeFaceBridgeEditorModule, GeFaceBridgeEditor)
