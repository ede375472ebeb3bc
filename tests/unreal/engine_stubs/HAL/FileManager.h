// A STUB, not the engine.
#pragma once

#include <filesystem>

#include "CoreMinimal.h"

class IFileManager {
public:
    static IFileManager& Get() {
        static IFileManager manager;
        return manager;
    }
    // File names without their folder that match folder/*.ending.
    void FindFiles(TArray<FString>& names, const TCHAR* wildcard, bool files, bool folders) {
        check(files && !folders);
        const std::filesystem::path path(stub::Utf8(wildcard));
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(path.parent_path(), error)) {
            if (entry.path().extension() == path.extension()) {
                names.Add(FString(entry.path().filename().string().c_str()));
            }
        }
    }
};
