#pragma once

#include "Styling/StyleColors.h"
#include "Widgets/SWidget.h"

class STextBlock : public SWidget {
public:
    SLATE_BEGIN_ARGS(STextBlock) {}
        SLATE_ATTRIBUTE(FText, Text);
        SLATE_ATTRIBUTE(FSlateColor, ColorAndOpacity);
        SLATE_ATTRIBUTE(bool, AutoWrapText);
    SLATE_END_ARGS()
    void Construct(const FArguments& arguments) { text_ = arguments._Text; }
    FText GetText() const { return text_.Get(); }

private:
    TAttribute<FText> text_;
};
