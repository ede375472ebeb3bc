// A STUB, not the engine: time is what the test says it is.
#pragma once

struct FPlatformTime {
    static double& Now() {
        static double now_s = 1000.0;
        return now_s;
    }
    static double Seconds() { return Now(); }
};
