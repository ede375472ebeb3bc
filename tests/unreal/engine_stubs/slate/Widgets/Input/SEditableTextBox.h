#pragma once

#include "Types/SlateEnums.h"
#include "Widgets/SWidget.h"

class SEditableTextBox : public SWidget {
public:
    SLATE_BEGIN_ARGS(SEditableTextBox) {}
        SLATE_ATTRIBUTE(FText, Text);
        SLATE_ATTRIBUTE(FText, HintText);
        SLATE_ATTRIBUTE(bool, IsPassword);
        SLATE_ATTRIBUTE(bool, ClearKeyboardFocusOnCommit);
        SLATE_EVENT(FOnTextChanged, OnTextChanged);
        SLATE_EVENT(FOnTextCommitted, OnTextCommitted);
    SLATE_END_ARGS()
    void Construct(const FArguments& arguments) { arguments_ = arguments; }

    FText GetText() const { return arguments_._Text.Get(); }
    bool IsPassword() const { return arguments_._IsPassword.Get(); }
    void SetText(const TAttribute<FText>& text) {
        arguments_._Text = text;
        arguments_._OnTextChanged.ExecuteIfBound(text.Get());
    }
    // Stub: as a person who presses Enter.
    void Enter() { arguments_._OnTextCommitted.ExecuteIfBound(GetText(), ETextCommit::OnEnter); }

private:
    FArguments arguments_;
};
