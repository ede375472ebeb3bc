// A STUB, not the engine: lines are kept, formats are not filled in.
#pragma once

#include "CoreMinimal.h"

namespace stub {
struct LogLine {
    std::string verbosity;
    std::string text;  // the arguments, one after the other
};
inline std::vector<LogLine>& Log() {
    static std::vector<LogLine> lines;
    return lines;
}
template <typename... A>
void Write(const char* verbosity, const TCHAR* format, A... arguments) {
    std::string text = Utf8(format);
    ((text += "|" + Utf8(arguments)), ...);
    Log().push_back({verbosity, text});
}
}  // namespace stub

#define DECLARE_LOG_CATEGORY_EXTERN(name, verbosity, compiled) extern int name
#define DEFINE_LOG_CATEGORY(name) int name = 0
#define UE_LOG(category, verbosity, ...) \
    ((void)category, stub::Write(#verbosity, __VA_ARGS__))
