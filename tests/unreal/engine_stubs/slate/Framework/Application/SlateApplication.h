#pragma once

#include "Widgets/SWidget.h"

class FSlateApplication {
public:
    static FSlateApplication& Get() {
        static FSlateApplication application;
        return application;
    }
    const void* FindBestParentWindowHandleForDialogs(const TSharedPtr<SWidget>&) { return nullptr; }
};
