#pragma once

#include "CoreMinimal.h"

// A value or a function that is asked each time.
template <typename T>
class TAttribute {
public:
    TAttribute() = default;
    template <typename U, typename = std::enable_if_t<std::is_convertible_v<U, T>>>
    TAttribute(const U& value) : get_([value]() -> T { return value; }) {}
    static TAttribute Create(std::function<T()> get) {
        TAttribute attribute;
        attribute.get_ = std::move(get);
        return attribute;
    }
    bool IsSet() const { return get_ != nullptr; }
    T Get(const T& otherwise = T()) const { return get_ ? get_() : otherwise; }

private:
    std::function<T()> get_;
};
