#include "GeFaceLog.h"
#include "Modules/ModuleManager.h"

DEFINE_LOG_CATEGORY(LogGeFaceBridge);

class FGeFaceBridgeModule : public IModuleInterface
{
public:
    virtual void StartupModule() override
    {
        // The first use of FWebSocketsModule::Get would load it too, but in the middle of a frame.
        FModuleManager::Get().LoadModule(TEXT("WebSockets"));
    }
};

IMPLEMENT_MODULE(FGeFaceBridgeModule, GeFaceBridge)
