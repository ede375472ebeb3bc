#pragma once

#include "Widgets/SWidget.h"

#include <optional>

template <typename NumericType>
class SSpinBox : public SWidget {
public:
    using FOnValueChanged = TDelegate<void(NumericType)>;
    using FBound = std::optional<NumericType>;  // TOptional in the engine

    SLATE_BEGIN_ARGS(SSpinBox<NumericType>) {}
        SLATE_ATTRIBUTE(NumericType, Value);
        SLATE_ATTRIBUTE(FBound, MinValue);
        SLATE_ATTRIBUTE(FBound, MaxValue);
        SLATE_EVENT(FOnValueChanged, OnValueChanged);
    SLATE_END_ARGS()
    void Construct(const FArguments& arguments) { arguments_ = arguments; }
    NumericType GetValue() const { return arguments_._Value.Get(); }
    // Stub: as a person who types a number, which the box keeps to its range.
    void Type(NumericType value) {
        const NumericType low = arguments_._MinValue.Get().value_or(value);
        const NumericType high = arguments_._MaxValue.Get().value_or(value);
        arguments_._OnValueChanged.Execute(std::clamp(value, low, high));
    }

private:
    FArguments arguments_;
};
