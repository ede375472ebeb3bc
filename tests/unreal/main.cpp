// Runs all tests: core_test GOLDEN_FOLDER
#include "Test.h"

int main(int count, char** arguments) {
    if (count != 2) {
        std::puts("core_test GOLDEN_FOLDER");
        return 2;
    }
    Golden() = arguments[1];
    for (const Test& test : Tests()) {
        const int before = Failures();
        test.run();
        std::printf("%s %s\n", Failures() == before ? "ok  " : "FAIL", test.name);
    }
    std::printf("%zu tests, %d failures\n", Tests().size(), Failures());
    return Failures() == 0 ? 0 : 1;
}
