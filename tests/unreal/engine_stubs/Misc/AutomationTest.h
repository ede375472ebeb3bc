// A STUB, not the engine: specs are kept and run by the test program, one after the other.
#pragma once

#include "CoreMinimal.h"

#if ENGINE_MINOR_VERSION < 5
struct EAutomationTestFlags {
    enum Type { ApplicationContextMask = 7, ProductFilter = 8 };
};
constexpr int operator|(EAutomationTestFlags::Type a, EAutomationTestFlags::Type b) {
    return static_cast<int>(a) | static_cast<int>(b);
}
#else
enum class EAutomationTestFlags : uint32 { ProductFilter = 8 };
constexpr EAutomationTestFlags EAutomationTestFlags_ApplicationContextMask = EAutomationTestFlags(7);
constexpr EAutomationTestFlags operator|(EAutomationTestFlags a, EAutomationTestFlags b) {
    return EAutomationTestFlags(static_cast<uint32>(a) | static_cast<uint32>(b));
}
#endif

class FAutomationSpecBase {
public:
    virtual ~FAutomationSpecBase() = default;
    virtual void Define() = 0;

    struct Case {
        std::string name;
        std::function<void()> run;
        std::vector<std::function<void()>> after;
    };
    std::vector<Case> cases;
    std::vector<std::string> failures;
    std::vector<std::string> expected_errors;

protected:
    void Describe(const FString& name, std::function<void()> define) {
        const std::string outer = path_;
        const std::size_t first = cases.size();
        path_ += stub::Utf8(*name) + " ";
        after_.clear();
        define();
        for (std::size_t i = first; i < cases.size(); ++i) cases[i].after = after_;
        after_.clear();
        path_ = outer;
    }
    void It(const FString& name, std::function<void()> run) {
        cases.push_back({path_ + stub::Utf8(*name), std::move(run), {}});
    }
    void AfterEach(std::function<void()> run) { after_.push_back(std::move(run)); }

    void AddExpectedError(const FString& pattern) { expected_errors.push_back(stub::Utf8(*pattern)); }
    bool TestTrue(const TCHAR* what, bool value) { return Note(what, value); }
    bool TestFalse(const TCHAR* what, bool value) { return Note(what, !value); }
    bool TestEqual(const TCHAR* what, int32 a, int32 b) { return Note(what, a == b); }
    bool TestEqual(const TCHAR* what, const FString& a, const FString& b) { return Note(what, a == b); }
    bool TestEqual(const TCHAR* what, float a, float b, float tolerance) {
        return Note(what, std::fabs(a - b) <= tolerance);
    }

private:
    bool Note(const TCHAR* what, bool holds) {
        if (!holds) failures.push_back(stub::Utf8(what));
        return holds;
    }
    std::string path_;
    std::vector<std::function<void()>> after_;
};

namespace stub {
inline std::vector<FAutomationSpecBase*>& Specs() {
    static std::vector<FAutomationSpecBase*> specs;
    return specs;
}
}  // namespace stub

#define BEGIN_DEFINE_SPEC(Class, name, flags)                     \
    class Class : public FAutomationSpecBase {                    \
        static_assert(static_cast<int>(flags) == 15, "contexts"); \
                                                                  \
    public:                                                       \
        void Define() override;                                   \
                                                                  \
    private:
#define END_DEFINE_SPEC(Class)                                                           \
    }                                                                                    \
    ;                                                                                    \
    static Class Class##Instance;                                                        \
    static const bool Class##IsKnown = (stub::Specs().push_back(&Class##Instance), true);
