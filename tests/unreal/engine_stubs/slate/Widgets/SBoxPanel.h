#pragma once

#include "Types/SlateEnums.h"
#include "Widgets/SWidget.h"

namespace stub {
// What the slots of both panels have; `S` is the panel's own kind of slot.
template <typename S>
struct BoxSlot {
    S& Padding(float) { return Self(); }
    S& Padding(float, float) { return Self(); }
    S& HAlign(EHorizontalAlignment) { return Self(); }
    S& VAlign(EVerticalAlignment) { return Self(); }
    S& operator[](const TSharedRef<SWidget>& child) {
        children = {child};
        return Self();
    }
    S& Self() { return static_cast<S&>(*this); }
    std::vector<TSharedRef<SWidget>> children;
};
}  // namespace stub

class SVerticalBox : public SWidget {
public:
    struct FSlotArguments : stub::BoxSlot<FSlotArguments> {
        FSlotArguments& AutoHeight() { return *this; }
        FSlotArguments& FillHeight(float) { return *this; }
    };
    static FSlotArguments Slot() { return {}; }

    struct FAddedSlot {
        SVerticalBox& panel;
        FAddedSlot& AutoHeight() { return *this; }
        FAddedSlot& HAlign(EHorizontalAlignment) { return *this; }
        FAddedSlot& Padding(float, float) { return *this; }
        void operator[](const TSharedRef<SWidget>& child) { panel.children.push_back(child); }
    };
    FAddedSlot AddSlot() { return {*this}; }

    SLATE_BEGIN_ARGS(SVerticalBox) {}
        FArguments& operator+(const FSlotArguments& slot) {
            children.insert(children.end(), slot.children.begin(), slot.children.end());
            return *this;
        }
    SLATE_END_ARGS()
    void Construct(const FArguments&) {}
};

class SHorizontalBox : public SWidget {
public:
    struct FSlotArguments : stub::BoxSlot<FSlotArguments> {
        FSlotArguments& AutoWidth() { return *this; }
        FSlotArguments& FillWidth(float) { return *this; }
    };
    static FSlotArguments Slot() { return {}; }

    SLATE_BEGIN_ARGS(SHorizontalBox) {}
        FArguments& operator+(const FSlotArguments& slot) {
            children.insert(children.end(), slot.children.begin(), slot.children.end());
            return *this;
        }
    SLATE_END_ARGS()
    void Construct(const FArguments&) {}
};
