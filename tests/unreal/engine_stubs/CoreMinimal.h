// A STUB, not the engine: our own minimal declarations of what the plugin uses of Unreal's Core and
// CoreUObject, enough to compile and run it in tests without an engine. What it shows is that our
// code keeps to these declarations, no more.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "Misc/EngineVersionComparison.h"

using int32 = std::int32_t;
using int64 = std::int64_t;
using uint8 = std::uint8_t;
using uint16 = std::uint16_t;
using uint32 = std::uint32_t;
using uint64 = std::uint64_t;
using SIZE_T = std::size_t;
using TCHAR = char16_t;  // as on Linux and macOS
using ANSICHAR = char;

#define TEXT_PASTE(x) u##x
#define TEXT(x) TEXT_PASTE(x)
#define INDEX_NONE (-1)
#define GEFACEBRIDGE_API
#define WITH_EDITOR 1
#define WITH_DEV_AUTOMATION_TESTS 1

#define check(expression) ((expression) ? (void)0 : stub::Abort(#expression, __FILE__, __LINE__))
#define UE_ARRAY_COUNT(array) (sizeof(array) / sizeof(array[0]))

namespace stub {
[[noreturn]] inline void Abort(const char* text, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, text);
    std::abort();
}

inline std::string Utf8(const std::u16string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char32_t c = text[i];
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < text.size()) {
            c = 0x10000 + ((c - 0xd800) << 10) + (char32_t(text[++i]) - 0xdc00);
        }
        if (c < 0x80) {
            out += char(c);
        } else if (c < 0x800) {
            out += {char(0xc0 | (c >> 6)), char(0x80 | (c & 63))};
        } else if (c < 0x10000) {
            out += {char(0xe0 | (c >> 12)), char(0x80 | ((c >> 6) & 63)), char(0x80 | (c & 63))};
        } else {
            out += {char(0xf0 | (c >> 18)), char(0x80 | ((c >> 12) & 63)),
                    char(0x80 | ((c >> 6) & 63)), char(0x80 | (c & 63))};
        }
    }
    return out;
}

inline std::u16string Wide(const std::string& text) {
    std::u16string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto head = static_cast<unsigned char>(text[i++]);
        const int more = head < 0x80 ? 0 : head < 0xe0 ? 1 : head < 0xf0 ? 2 : 3;
        char32_t c = more == 0 ? head : head & (0x3f >> more);
        for (int k = 0; k < more && i < text.size(); ++k) {
            c = (c << 6) | (static_cast<unsigned char>(text[i++]) & 63);
        }
        if (c < 0x10000) {
            out += char16_t(c);
        } else {
            out += {char16_t(0xd800 + ((c - 0x10000) >> 10)), char16_t(0xdc00 + (c & 0x3ff))};
        }
    }
    return out;
}
}  // namespace stub

template <typename T>
std::remove_reference_t<T>&& MoveTemp(T&& value) {
    static_assert(!std::is_const_v<std::remove_reference_t<T>>, "MoveTemp of a const object");
    return static_cast<std::remove_reference_t<T>&&>(value);
}

// --- containers ---

template <typename T>
class TArray {
public:
    TArray() = default;
    TArray(std::initializer_list<T> items) : items_(items) {}

    int32 Num() const { return static_cast<int32>(items_.size()); }
    bool IsEmpty() const { return items_.empty(); }
    bool IsValidIndex(int32 i) const { return i >= 0 && i < Num(); }
    T& operator[](int32 i) {
        check(IsValidIndex(i));
        return items_[static_cast<std::size_t>(i)];
    }
    const T& operator[](int32 i) const {
        check(IsValidIndex(i));
        return items_[static_cast<std::size_t>(i)];
    }
    int32 Add(T item) {
        items_.push_back(std::move(item));
        return Num() - 1;
    }
    T& AddDefaulted_GetRef() {
        items_.emplace_back();
        return items_.back();
    }
    void Append(const TArray& other) {
        items_.insert(items_.end(), other.items_.begin(), other.items_.end());
    }
    void Reserve(int32 count) { items_.reserve(static_cast<std::size_t>(count)); }
    void SetNum(int32 count) { items_.resize(static_cast<std::size_t>(count)); }
    void RemoveAt(int32 i) {
        check(IsValidIndex(i));
        items_.erase(items_.begin() + i);
    }
    void Reset() { items_.clear(); }
    void Empty() { items_.clear(); }
    void Sort() { std::sort(items_.begin(), items_.end()); }
    T& Last() { return items_.back(); }
    const T& Last() const { return items_.back(); }
    bool Contains(const T& item) const { return Find(item) != INDEX_NONE; }
    int32 Find(const T& item) const {
        const auto found = std::find(items_.begin(), items_.end(), item);
        return found == items_.end() ? INDEX_NONE : static_cast<int32>(found - items_.begin());
    }
    T* GetData() { return items_.data(); }
    const T* GetData() const { return items_.data(); }
    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }
    bool operator==(const TArray& other) const { return items_ == other.items_; }

private:
    std::vector<T> items_;
};

template <typename K, typename V>
class TMap {
public:
    TMap() = default;
    TMap(std::initializer_list<std::pair<const K, V>> items) : items_(items) {}
    V& Add(const K& key, V value) { return items_[key] = std::move(value); }
    const V* Find(const K& key) const {
        const auto found = items_.find(key);
        return found == items_.end() ? nullptr : &found->second;
    }
    int32 Num() const { return static_cast<int32>(items_.size()); }

private:
    std::map<K, V> items_;
};

// --- text ---

class FString {
public:
    FString() = default;
    FString(const TCHAR* text) : text_(text == nullptr ? u"" : text) {}
    FString(const ANSICHAR* text) : text_(stub::Wide(text)) {}

    const TCHAR* operator*() const { return text_.c_str(); }
    int32 Len() const { return static_cast<int32>(text_.size()); }
    bool IsEmpty() const { return text_.empty(); }
    void Reset() { text_.clear(); }
    bool Contains(const TCHAR* part) const { return text_.find(part) != std::u16string::npos; }
    bool Contains(const FString& part) const { return Contains(*part); }
    bool EndsWith(const TCHAR* end) const {
        const std::u16string tail(end);
        return text_.size() >= tail.size() &&
               text_.compare(text_.size() - tail.size(), tail.size(), tail) == 0;
    }
    FString& operator+=(const FString& other) {
        text_ += other.text_;
        return *this;
    }
    friend FString operator+(FString a, const FString& b) { return a += b; }
    friend FString operator+(FString a, const TCHAR* b) { return a += FString(b); }
    friend FString operator+(const TCHAR* a, const FString& b) { return FString(a) += b; }
    friend bool operator==(const FString& a, const FString& b) { return a.text_ == b.text_; }
    friend bool operator!=(const FString& a, const FString& b) { return a.text_ != b.text_; }
    friend bool operator==(const FString& a, const TCHAR* b) { return a.text_ == b; }
    bool operator<(const FString& other) const { return text_ < other.text_; }

    static FString FromInt(int32 number) {
        return FString(stub::Wide(std::to_string(number)).c_str());
    }
    template <typename Items>
    static FString Join(const Items& items, const TCHAR* between) {
        FString out;
        for (const FString& item : items) out += (out.IsEmpty() ? FString() : FString(between)) + item;
        return out;
    }

private:
    std::u16string text_;
};

namespace stub {
// Lives to the end of the full expression, as the engine's own do.
struct ToWide {
    explicit ToWide(const char* narrow) : text(Wide(narrow)) {}
    operator const TCHAR*() const { return text.c_str(); }
    std::u16string text;
};
struct ToNarrow {
    explicit ToNarrow(const TCHAR* wide) : text(Utf8(wide)) {}
    operator const char*() const { return text.c_str(); }
    std::string text;
};
}  // namespace stub
#define UTF8_TO_TCHAR(text) static_cast<const TCHAR*>(stub::ToWide(text))
#define TCHAR_TO_UTF8(text) static_cast<const char*>(stub::ToNarrow(text))

// Equal without regard to case, as the engine's; keeps the case it was first made with.
class FName {
public:
    FName() : text_(u"None") {}
    explicit FName(const TCHAR* text) : text_(text) {}
    explicit FName(const ANSICHAR* text) : text_(stub::Wide(text)) {}
    FString ToString() const { return FString(text_.c_str()); }
    bool IsNone() const { return Lower() == u"none"; }
    bool operator==(const FName& other) const { return Lower() == other.Lower(); }
    bool operator!=(const FName& other) const { return !(*this == other); }
    bool operator<(const FName& other) const { return Lower() < other.Lower(); }

private:
    std::u16string Lower() const {
        std::u16string lower = text_;
        for (char16_t& c : lower) c = c >= u'A' && c <= u'Z' ? char16_t(c + 32) : c;
        return lower;
    }
    std::u16string text_;
};

class FText {
public:
    FText() = default;
    static FText FromString(const FString& text) {
        FText out;
        out.text_ = text;
        return out;
    }
    static FText GetEmpty() { return FText(); }
    const FString& ToString() const { return text_; }
    bool IsEmpty() const { return text_.IsEmpty(); }

private:
    FString text_;
};
#define NSLOCTEXT(space, key, text) FText::FromString(FString(TEXT(text)))
#define LOCTEXT(key, text) NSLOCTEXT(LOCTEXT_NAMESPACE, key, text)

// --- pointers ---

template <typename T>
class TSharedPtr;
template <typename T>
class TSharedRef;
template <typename T>
class TWeakPtr;

template <typename T>
class TSharedPtr {
public:
    TSharedPtr() = default;
    TSharedPtr(std::nullptr_t) {}
    explicit TSharedPtr(std::shared_ptr<T> held) : held_(std::move(held)) {}
    template <typename U, typename = std::enable_if_t<std::is_convertible_v<U*, T*>>>
    TSharedPtr(const TSharedPtr<U>& other) : held_(other.Std()) {}
    template <typename U, typename = std::enable_if_t<std::is_convertible_v<U*, T*>>>
    TSharedPtr(const TSharedRef<U>& other) : held_(other.Std()) {}

    bool IsValid() const { return held_ != nullptr; }
    explicit operator bool() const { return IsValid(); }
    T* Get() const { return held_.get(); }
    T* operator->() const {
        check(IsValid());
        return held_.get();
    }
    T& operator*() const {
        check(IsValid());
        return *held_;
    }
    void Reset() { held_.reset(); }
    TSharedRef<T> ToSharedRef() const;
    const std::shared_ptr<T>& Std() const { return held_; }
    friend bool operator==(const TSharedPtr& a, const TSharedPtr& b) { return a.held_ == b.held_; }

private:
    std::shared_ptr<T> held_;
};

template <typename T>
class TSharedRef {
public:
    explicit TSharedRef(std::shared_ptr<T> held) : held_(std::move(held)) { check(held_ != nullptr); }
    template <typename U, typename = std::enable_if_t<std::is_convertible_v<U*, T*>>>
    TSharedRef(const TSharedRef<U>& other) : held_(other.Std()) {}
    T* operator->() const { return held_.get(); }
    T& operator*() const { return *held_; }
    T& Get() const { return *held_; }
    const std::shared_ptr<T>& Std() const { return held_; }

private:
    std::shared_ptr<T> held_;
};

template <typename T>
TSharedRef<T> TSharedPtr<T>::ToSharedRef() const {
    return TSharedRef<T>(held_);
}

template <typename T>
class TWeakPtr {
public:
    TWeakPtr() = default;
    TWeakPtr(const TSharedPtr<T>& held) : held_(held.Std()) {}
    TSharedPtr<T> Pin() const { return TSharedPtr<T>(held_.lock()); }
    bool IsValid() const { return !held_.expired(); }

private:
    std::weak_ptr<T> held_;
};

template <typename T>
class TSharedFromThis : public std::enable_shared_from_this<T> {
public:
    TSharedRef<T> AsShared() { return TSharedRef<T>(this->shared_from_this()); }
};

template <typename T, typename... Args>
TSharedRef<T> MakeShared(Args&&... args) {
    return TSharedRef<T>(std::make_shared<T>(std::forward<Args>(args)...));
}

template <typename T>
class TUniquePtr {
public:
    TUniquePtr() = default;
    explicit TUniquePtr(T* held) : held_(held) {}
    explicit operator bool() const { return held_ != nullptr; }
    bool IsValid() const { return held_ != nullptr; }
    T* Get() const { return held_.get(); }
    T* operator->() const {
        check(IsValid());
        return held_.get();
    }
    T& operator*() const { return *held_; }
    void Reset() { held_.reset(); }

private:
    std::unique_ptr<T> held_;
};

template <typename T, typename... Args>
TUniquePtr<T> MakeUnique(Args&&... args) {
    return TUniquePtr<T>(new T(std::forward<Args>(args)...));
}

template <typename Signature>
using TFunction = std::function<Signature>;

// --- delegates ---

namespace stub {
// A call that is left out once its object is gone.
template <typename R, typename... A>
struct Bound {
    std::function<R(A...)> call;
    std::function<bool()> is_alive = [] { return true; };
    const void* object = nullptr;
};

template <typename R, typename... A, typename T, typename M, typename... P>
Bound<R, A...> BindShared(T* object, M method, P... payload) {
    // Throws where no shared pointer holds the object yet, or any more: the engine fails a check.
    std::weak_ptr<T> weak = std::static_pointer_cast<T>(object->shared_from_this());
    return {[weak, method, payload...](A... arguments) -> R {
                const std::shared_ptr<T> held = weak.lock();
                check(held != nullptr);
                return (held.get()->*method)(arguments..., payload...);
            },
            [weak] { return !weak.expired(); }, object};
}
}  // namespace stub

template <typename Signature>
class TDelegate;

template <typename R, typename... A>
class TDelegate<R(A...)> {
public:
    TDelegate() = default;
    template <typename F>
    static TDelegate CreateLambda(F f) {
        TDelegate delegate;
        delegate.BindLambda(std::move(f));
        return delegate;
    }
    template <typename F>
    static TDelegate CreateStatic(F f) {
        return CreateLambda(f);
    }
    template <typename T, typename M, typename... P>
    static TDelegate CreateSP(T* object, M method, P... payload) {
        TDelegate delegate;
        delegate.BindSP(object, method, payload...);
        return delegate;
    }
    template <typename F>
    void BindLambda(F f) {
        bound_ = {std::move(f)};
    }
    template <typename F>
    void BindStatic(F f) {
        bound_ = {f};
    }
    template <typename T, typename M, typename... P>
    void BindSP(T* object, M method, P... payload) {
        bound_ = stub::BindShared<R, A...>(object, method, payload...);
    }
    void Unbind() { bound_ = {}; }
    bool IsBound() const { return bound_.call && bound_.is_alive(); }
    R Execute(A... arguments) const {
        check(IsBound());
        return bound_.call(arguments...);
    }
    bool ExecuteIfBound(A... arguments) const {
        if (!IsBound()) return false;
        bound_.call(arguments...);
        return true;
    }

private:
    stub::Bound<R, A...> bound_;
};

struct FDelegateHandle {
    int32 Id = 0;
};

template <typename Signature>
class TMulticastDelegate;

template <typename... A>
class TMulticastDelegate<void(A...)> {
public:
    template <typename T, typename M, typename... P>
    FDelegateHandle AddSP(T* object, M method, P... payload) {
        bound_.push_back(stub::BindShared<void, A...>(object, method, payload...));
        return {};
    }
    template <typename F>
    FDelegateHandle AddLambda(F f) {
        bound_.push_back({std::move(f)});
        return {};
    }
    void RemoveAll(const void* object) {
        bound_.erase(std::remove_if(bound_.begin(), bound_.end(),
                                    [object](const auto& b) { return b.object == object; }),
                     bound_.end());
    }
    bool IsBound() const { return !bound_.empty(); }
    void Broadcast(A... arguments) const {
        const auto bound = bound_;  // what is called may bind and unbind
        for (const auto& b : bound) {
            if (b.is_alive()) b.call(arguments...);
        }
    }

private:
    std::vector<stub::Bound<void, A...>> bound_;
};

#define DECLARE_DELEGATE(name) using name = TDelegate<void()>
#define DECLARE_DELEGATE_OneParam(name, a) using name = TDelegate<void(a)>
#define DECLARE_DELEGATE_TwoParams(name, a, b) using name = TDelegate<void(a, b)>
#define DECLARE_DELEGATE_RetVal_OneParam(result, name, a) using name = TDelegate<result(a)>
#define DECLARE_EVENT(owner, name) using name = TMulticastDelegate<void()>
#define DECLARE_EVENT_OneParam(owner, name, a) using name = TMulticastDelegate<void(a)>
#define DECLARE_EVENT_TwoParams(owner, name, a, b) using name = TMulticastDelegate<void(a, b)>
#define DECLARE_EVENT_ThreeParams(owner, name, a, b, c) using name = TMulticastDelegate<void(a, b, c)>

// --- numbers ---

struct FMath {
    static int32 RoundToInt32(double value) { return static_cast<int32>(std::floor(value + 0.5)); }
    template <typename T>
    static T Clamp(T value, T low, T high) {
        return std::clamp(value, low, high);
    }
    template <typename T>
    static bool IsNearlyEqual(T a, T b, T tolerance) {
        return std::fabs(a - b) <= tolerance;
    }
};

struct FVector {
    double X = 0, Y = 0, Z = 0;
    FVector() = default;
    FVector(double x, double y, double z) : X(x), Y(y), Z(z) {}
};

struct FQuat {
    double X = 0, Y = 0, Z = 0, W = 1;
    FQuat() = default;
    FQuat(double x, double y, double z, double w) : X(x), Y(y), Z(z), W(w) {}
    void Normalize() {
        const double length = std::sqrt(X * X + Y * Y + Z * Z + W * W);
        X /= length, Y /= length, Z /= length, W /= length;
    }
    bool IsNormalized() const { return std::fabs(X * X + Y * Y + Z * Z + W * W - 1.0) < 0.01; }
};

class FTransform {
public:
    FTransform() : scale_(1, 1, 1) {}
    FTransform(const FQuat& rotation, const FVector& translation,
               const FVector& scale = FVector(1, 1, 1))
        : rotation_(rotation), translation_(translation), scale_(scale) {
        check(rotation.IsNormalized());
    }
    const FQuat& GetRotation() const { return rotation_; }
    const FVector& GetTranslation() const { return translation_; }
    const FVector& GetScale3D() const { return scale_; }

private:
    FQuat rotation_;
    FVector translation_;
    FVector scale_;
};

struct FGuid {
    uint32 A = 0, B = 0, C = 0, D = 0;
    bool operator==(const FGuid& o) const { return A == o.A && B == o.B && C == o.C && D == o.D; }
};

#include "UObject/Object.h"
