#pragma once

#include "Widgets/SWidget.h"

template <typename OptionType>
class SSegmentedControl : public SWidget {
public:
    using FOnValueChanged = TDelegate<void(OptionType)>;

    struct FSlotArguments {
        FSlotArguments& Text(TAttribute<FText>) { return *this; }
        FSlotArguments& ToolTip(TAttribute<FText>) { return *this; }
    };
    static FSlotArguments Slot(const OptionType&) { return {}; }

    SLATE_BEGIN_ARGS(SSegmentedControl<OptionType>) {}
        SLATE_ATTRIBUTE(OptionType, Value);
        SLATE_EVENT(FOnValueChanged, OnValueChanged);
        FArguments& operator+(const FSlotArguments&) { return *this; }
    SLATE_END_ARGS()
    void Construct(const FArguments& arguments) { arguments_ = arguments; }
    OptionType GetValue() const { return arguments_._Value.Get(); }
    // Stub: as a person who chooses.
    void Choose(OptionType value) { arguments_._OnValueChanged.Execute(value); }

private:
    FArguments arguments_;
};
