// A STUB, not the engine. The project's folder is what the test says it is.
#pragma once

#include <filesystem>

#include "CoreMinimal.h"

struct FPaths {
    static FString& Project() {
        static FString folder(TEXT("/nowhere/"));
        return folder;
    }
    static FString ProjectDir() { return Project(); }
    static FString Combine(const FString& a, const FString& b) {
        return a.EndsWith(TEXT("/")) || a.IsEmpty() ? a + b : a + TEXT("/") + b;
    }
    static bool IsRelative(const FString& path) { return Std(path).is_relative(); }
    static bool FileExists(const FString& path) {
        std::error_code error;
        return std::filesystem::is_regular_file(Std(path), error);
    }
    static FString GetPath(const FString& path) {
        return FString(Std(path).parent_path().string().c_str());
    }
    static FString GetBaseFilename(const FString& path) {
        return FString(Std(path).stem().string().c_str());
    }
    static FString ConvertRelativePathToFull(const FString& path) {
        return FString(std::filesystem::absolute(Std(path)).string().c_str());
    }

private:
    static std::filesystem::path Std(const FString& path) { return stub::Utf8(*path); }
};
