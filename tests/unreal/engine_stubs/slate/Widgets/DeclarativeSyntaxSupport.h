// The named arguments behind SNew. A getter or a handler has to fit its attribute or delegate.
#pragma once

#include "CoreMinimal.h"
#include "Layout/Visibility.h"
#include "Misc/Attribute.h"

#define SLATE_ATTRIBUTE(Type, Name)                                                       \
    TAttribute<Type> _##Name;                                                             \
    WidgetArgsType& Name(TAttribute<Type> value) {                                        \
        _##Name = std::move(value);                                                       \
        return static_cast<WidgetArgsType&>(*this);                                       \
    }                                                                                     \
    template <typename Owner, typename Base>                                              \
    WidgetArgsType& Name(Owner* object, Type (Base::*getter)() const) {                   \
        return Name(TAttribute<Type>::Create([=]() -> Type { return (object->*getter)(); })); \
    }                                                                                     \
    template <typename F>                                                                 \
    WidgetArgsType& Name##_Lambda(F getter) {                                             \
        return Name(TAttribute<Type>::Create(std::move(getter)));                         \
    }

#define SLATE_EVENT(Delegate, Name)                                    \
    Delegate _##Name;                                                  \
    WidgetArgsType& Name(Delegate handler) {                           \
        _##Name = std::move(handler);                                  \
        return static_cast<WidgetArgsType&>(*this);                    \
    }                                                                  \
    template <typename Owner, typename Method, typename... Payload>    \
    WidgetArgsType& Name(Owner* object, Method handler, Payload... p) { \
        return Name(Delegate::CreateSP(object, handler, p...));        \
    }                                                                  \
    template <typename F>                                              \
    WidgetArgsType& Name##_Lambda(F handler) {                         \
        return Name(Delegate::CreateLambda(std::move(handler)));       \
    }

#define SLATE_BEGIN_ARGS(WidgetType)                              \
public:                                                           \
    struct FArguments : public TSlateBaseNamedArgs<FArguments> {  \
        using WidgetArgsType = FArguments;                        \
        FArguments()
#define SLATE_END_ARGS() \
    }                    \
    ;

class SWidget;

template <typename Arguments>
struct TSlateBaseNamedArgs {
    using WidgetArgsType = Arguments;
    SLATE_ATTRIBUTE(FText, ToolTipText);
    SLATE_ATTRIBUTE(bool, IsEnabled);
    SLATE_ATTRIBUTE(EVisibility, Visibility);
    std::vector<TSharedRef<SWidget>> children;
};

namespace stub {
template <typename W>
inline const char kind_of = 0;  // its address stands for the class
}

template <typename W>
struct TSlateDecl {
    TSharedRef<W> operator<<=(const typename W::FArguments& arguments) const {
        const TSharedRef<W> widget = MakeShared<W>();
        widget->kind = &stub::kind_of<W>;
        widget->shown = arguments;
        widget->children = arguments.children;
        widget->Construct(arguments);
        return widget;
    }
};
#define SNew(WidgetType, ...) TSlateDecl<WidgetType>() <<= WidgetType::FArguments()
