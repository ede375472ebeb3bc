#pragma once

#include "Widgets/DeclarativeSyntaxSupport.h"

class SWidget : public TSharedFromThis<SWidget> {
public:
    struct FCommon {
        TAttribute<FText> _ToolTipText;
        TAttribute<bool> _IsEnabled;
        TAttribute<EVisibility> _Visibility;
        template <typename Arguments>
        FCommon& operator=(const Arguments& a) {
            _ToolTipText = a._ToolTipText;
            _IsEnabled = a._IsEnabled;
            _Visibility = a._Visibility;
            return *this;
        }
    };

    virtual ~SWidget() = default;
    bool IsEnabled() const { return shown._IsEnabled.Get(true); }
    EVisibility GetVisibility() const { return shown._Visibility.Get(EVisibility::Visible); }

    FCommon shown;
    const void* kind = nullptr;
    std::vector<TSharedRef<SWidget>> children;
};

namespace stub {
// All widgets of one class in a tree, in the order in which they stand there.
template <typename W>
void Collect(SWidget& widget, std::vector<W*>& found) {
    if (widget.kind == &kind_of<W>) found.push_back(static_cast<W*>(&widget));
    for (const TSharedRef<SWidget>& child : widget.children) Collect(child.Get(), found);
}
}  // namespace stub
