#pragma once

#include "Input/Reply.h"
#include "Widgets/SWidget.h"

using FOnClicked = TDelegate<FReply()>;

class SButton : public SWidget {
public:
    SLATE_BEGIN_ARGS(SButton) {}
        SLATE_ATTRIBUTE(FText, Text);
        SLATE_EVENT(FOnClicked, OnClicked);
    SLATE_END_ARGS()
    void Construct(const FArguments& arguments) { arguments_ = arguments; }
    FText GetText() const { return arguments_._Text.Get(); }
    // Stub: as a person's click, which a button that is not enabled does not take.
    void Click() {
        if (IsEnabled()) arguments_._OnClicked.Execute();
    }

private:
    FArguments arguments_;
};
