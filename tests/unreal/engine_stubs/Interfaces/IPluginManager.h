// A STUB, not the engine. The plugin's folder is what the test says it is.
#pragma once

#include "CoreMinimal.h"

class IPlugin {
public:
    static FString& Folder() {
        static FString folder(TEXT("/nowhere/plugin"));
        return folder;
    }
    FString GetBaseDir() const { return Folder(); }
};

class IPluginManager {
public:
    static IPluginManager& Get() {
        static IPluginManager manager;
        return manager;
    }
    TSharedPtr<IPlugin> FindPlugin(const FString& name) {
        return name == TEXT("GeFaceBridge") ? TSharedPtr<IPlugin>(MakeShared<IPlugin>()) : nullptr;
    }
};
