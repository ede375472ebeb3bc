// A STUB, not the engine.
#pragma once

#include "CoreMinimal.h"

class IModuleInterface {
public:
    virtual ~IModuleInterface() = default;
    virtual void StartupModule() {}
    virtual void ShutdownModule() {}
};

class FDefaultModuleImpl : public IModuleInterface {};

class FModuleManager {
public:
    static FModuleManager& Get() {
        static FModuleManager manager;
        return manager;
    }
    IModuleInterface* LoadModule(const FName& name) {
        loaded.Add(name);
        return nullptr;
    }
    IModuleInterface* LoadModule(const TCHAR* name) { return LoadModule(FName(name)); }
    TArray<FName> loaded;
};

namespace stub {
inline std::map<std::string, std::function<std::unique_ptr<IModuleInterface>()>>& Modules() {
    static std::map<std::string, std::function<std::unique_ptr<IModuleInterface>()>> modules;
    return modules;
}
}  // namespace stub

#define IMPLEMENT_MODULE(Class, Name)                                     \
    static const bool Name##IsKnown = [] {                                \
        stub::Modules()[#Name] = [] { return std::make_unique<Class>(); }; \
        return true;                                                      \
    }();
