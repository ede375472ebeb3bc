// A test is a function that registers itself; EXPECT counts and prints what does not hold.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

struct Test {
    const char* name;
    void (*run)();
};

inline std::vector<Test>& Tests() {
    static std::vector<Test> tests;
    return tests;
}

inline int& Failures() {
    static int failures = 0;
    return failures;
}

inline std::string& Golden() {
    static std::string folder;  // tests/contract/golden
    return folder;
}

inline void Expect(bool holds, const char* text, const char* file, int line,
                   const std::string& about) {
    if (holds) return;
    ++Failures();
    std::printf("%s:%d: %s  [%s]\n", file, line, text, about.c_str());
}

inline bool Near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

#define EXPECT(condition) Expect((condition), #condition, __FILE__, __LINE__, "")
#define EXPECT_OF(about, condition) Expect((condition), #condition, __FILE__, __LINE__, (about))

#define TEST(name)                                                  \
    static void name();                                             \
    static const bool name##_is_known = (Tests().push_back({#name, name}), true); \
    static void name()
