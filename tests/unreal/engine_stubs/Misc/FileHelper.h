// A STUB, not the engine.
#pragma once

#include <fstream>

#include "CoreMinimal.h"

struct FFileHelper {
    static bool LoadFileToArray(TArray<uint8>& bytes, const TCHAR* path) {
        std::ifstream file(stub::Utf8(path), std::ios::binary);
        bytes.Reset();
        for (char c; file.get(c);) bytes.Add(static_cast<uint8>(c));
        return !file.bad() && !bytes.IsEmpty();
    }
};
