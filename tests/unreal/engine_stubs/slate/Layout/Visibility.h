#pragma once

struct EVisibility {
    int value = 0;
    static const EVisibility Visible, Collapsed;
    bool operator==(const EVisibility& other) const { return value == other.value; }
};
inline const EVisibility EVisibility::Visible{0}, EVisibility::Collapsed{1};
