#pragma once

#include "CoreMinimal.h"

namespace EFileDialogFlags {
enum Type { None = 0, Multiple = 1 };
}

class IDesktopPlatform {
public:
    // Stub: the file that a person will choose; none if empty.
    FString chosen;

    bool OpenFileDialog(const void*, const FString&, const FString&, const FString&, const FString&,
                        uint32, TArray<FString>& files) {
        if (chosen.IsEmpty()) return false;
        files.Add(chosen);
        return true;
    }
};
