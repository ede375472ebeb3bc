#pragma once

#include "Types/SlateEnums.h"
#include "Widgets/SWidget.h"

struct FMargin {
    FMargin(float = 0.0f) {}
    FMargin(float, float) {}
};
struct FOptionalSize {
    FOptionalSize(float = 0.0f) {}
};

class SBox : public SWidget {
public:
    SLATE_BEGIN_ARGS(SBox) {}
        SLATE_ATTRIBUTE(FOptionalSize, WidthOverride);
        SLATE_ATTRIBUTE(FMargin, Padding);
        FArguments& operator[](const TSharedRef<SWidget>& child) {
            children = {child};
            return *this;
        }
    SLATE_END_ARGS()
    void Construct(const FArguments&) {}
};
