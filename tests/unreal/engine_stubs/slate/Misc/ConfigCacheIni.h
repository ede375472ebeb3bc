#pragma once

#include "CoreMinimal.h"

#include <map>
#include <tuple>

// Stub: in memory.
class FConfigCacheIni {
public:
    bool GetString(const TCHAR* section, const TCHAR* key, FString& value, const FString& file) {
        const auto found = values_.find({file, section, key});
        if (found == values_.end()) return false;
        value = found->second;
        return true;
    }
    void SetString(const TCHAR* section, const TCHAR* key, const TCHAR* value, const FString& file) {
        values_[{file, section, key}] = value;
    }
    void Flush(bool, const FString&) {}

private:
    std::map<std::tuple<FString, FString, FString>, FString> values_;
};
inline FConfigCacheIni stub_config;
inline FConfigCacheIni* GConfig = &stub_config;
