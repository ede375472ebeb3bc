#pragma once

struct FSlateColor {
    int role = 0;
};

struct FStyleColors {
    static const FSlateColor Error;
};
inline const FSlateColor FStyleColors::Error{1};
