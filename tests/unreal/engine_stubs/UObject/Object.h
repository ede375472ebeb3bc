// A STUB, not the engine: classes that know their name and parent, made by the stand-in for
// Unreal's header tool (generate.py).
#pragma once

#include "CoreMinimal.h"

class UObject;

class UClass {
public:
    UClass(const char* name, UClass* parent, UObject* (*make)())
        : name_(name), parent_(parent), make_(make) {}
    bool IsChildOf(const UClass* other) const {
        for (const UClass* c = this; c != nullptr; c = c->parent_) {
            if (c == other) return true;
        }
        return false;
    }
    const char* Name() const { return name_; }
    UObject* Make() const { return make_(); }
    UObject* GetDefaultObject() {
        if (default_ == nullptr) default_ = Make();
        return default_;
    }

private:
    const char* name_;
    UClass* parent_;
    UObject* (*make_)();
    UObject* default_ = nullptr;
};

class UObject {
public:
    virtual ~UObject() = default;
    static UClass* StaticClass() {
        static UClass own("Object", nullptr, nullptr);
        return &own;
    }
    virtual UClass* GetClass() const { return StaticClass(); }
};

namespace stub {
template <typename T>
UObject* MakeObject() {
    if constexpr (std::is_abstract_v<T>) {
        return nullptr;
    } else {
        return new T();
    }
}
}  // namespace stub

// What a class has of the header tool, by hand for the stubs' own classes.
#define STUB_CLASS(Class, Parent)                                                           \
public:                                                                                     \
    using Super = Parent;                                                                   \
    static UClass* StaticClass() {                                                          \
        static UClass own(#Class, Parent::StaticClass(), &stub::MakeObject<Class>);         \
        return &own;                                                                        \
    }                                                                                       \
    UClass* GetClass() const override { return StaticClass(); }

#define UCLASS(...)
#define USTRUCT(...)
#define UENUM(...)
#define UPROPERTY(...)
#define UFUNCTION(...)
#define UMETA(...)
#define BODY_MACRO_COMBINE_INNER(A, B, C, D) A##B##C##D
#define BODY_MACRO_COMBINE(A, B, C, D) BODY_MACRO_COMBINE_INNER(A, B, C, D)
#define GENERATED_BODY(...) BODY_MACRO_COMBINE(CURRENT_FILE_ID, _, __LINE__, _GENERATED_BODY)

template <typename T>
class TSubclassOf {
public:
    TSubclassOf() = default;
    TSubclassOf(UClass* c) : class_(c) { check(c == nullptr || c->IsChildOf(T::StaticClass())); }
    UClass* Get() const { return class_; }
    bool operator==(const UClass* other) const { return class_ == other; }

private:
    UClass* class_ = nullptr;
};

template <typename T>
T* Cast(UObject* object) {
    return object != nullptr && object->GetClass()->IsChildOf(T::StaticClass())
               ? static_cast<T*>(object)
               : nullptr;
}

// Collected when the program ends: the tests are short.
template <typename T>
T* NewObject() {
    static std::vector<std::unique_ptr<UObject>> objects;
    objects.emplace_back(T::StaticClass()->Make());
    return static_cast<T*>(objects.back().get());
}

template <typename T>
const T* GetDefault() {
    return static_cast<const T*>(T::StaticClass()->GetDefaultObject());
}

struct FPropertyChangedEvent {};
