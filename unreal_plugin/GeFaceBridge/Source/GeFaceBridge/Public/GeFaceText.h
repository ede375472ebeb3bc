// Text between the core's UTF-8 and the engine's.
#pragma once

#include "CoreMinimal.h"

#include <string>

namespace GeFace
{
inline FString FromUtf8(const std::string& Text)
{
    return FString(UTF8_TO_TCHAR(Text.c_str()));
}

inline std::string ToUtf8(const FString& Text)
{
    return std::string(TCHAR_TO_UTF8(*Text));
}

inline FName NameFromUtf8(const std::string& Text)
{
    return FName(*FromUtf8(Text));
}

inline FText TextFromUtf8(const std::string& Text)
{
    return FText::FromString(FromUtf8(Text));
}
}
