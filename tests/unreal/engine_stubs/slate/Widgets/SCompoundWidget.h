#pragma once

#include "Widgets/SWidget.h"

class SCompoundWidget : public SWidget {
protected:
    struct FChildSlot {
        SCompoundWidget* widget;
        FChildSlot& operator[](const TSharedRef<SWidget>& child) {
            widget->children = {child};
            return *this;
        }
    };
    FChildSlot ChildSlot{this};
};
