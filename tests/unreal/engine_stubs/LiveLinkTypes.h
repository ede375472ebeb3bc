// A STUB, not the engine.
#pragma once

#include "CoreMinimal.h"
#include "HAL/PlatformTime.h"

struct FFrameNumber {
    int32 Value = 0;
    FFrameNumber() = default;
    FFrameNumber(int32 value) : Value(value) {}
};

struct FFrameTime {
    FFrameNumber FrameNumber;
    float SubFrame = 0.0f;
    FFrameTime() = default;
    FFrameTime(FFrameNumber number, float part) : FrameNumber(number), SubFrame(part) {
        check(part >= 0.0f && part < 1.0f);
    }
};

struct FFrameRate {
    int32 Numerator = 60000;
    int32 Denominator = 1;
    FFrameRate() = default;
    FFrameRate(uint32 numerator, uint32 denominator)
        : Numerator(static_cast<int32>(numerator)), Denominator(static_cast<int32>(denominator)) {
        check(Denominator > 0);
    }
};

struct FQualifiedFrameTime {
    FFrameTime Time;
    FFrameRate Rate;
    FQualifiedFrameTime() = default;
    FQualifiedFrameTime(const FFrameTime& time, const FFrameRate& rate) : Time(time), Rate(rate) {}
};

struct FLiveLinkSubjectName {
    FName Name;
    FLiveLinkSubjectName() = default;
    FLiveLinkSubjectName(FName name) : Name(name) {}
};

struct FLiveLinkSubjectKey {
    FGuid Source;
    FLiveLinkSubjectName SubjectName;
    FLiveLinkSubjectKey() = default;
    FLiveLinkSubjectKey(FGuid source, FName name) : Source(source), SubjectName(name) {}
};

struct FLiveLinkWorldTime {
    FLiveLinkWorldTime() : time_(FPlatformTime::Seconds()) {}
    FLiveLinkWorldTime(double time) : time_(time), offset_(FPlatformTime::Seconds() - time) {}
    explicit FLiveLinkWorldTime(double time, double offset) : time_(time), offset_(offset) {}
    double GetSourceTime() const { return time_; }
    double GetOffsettedTime() const { return time_ + offset_; }

private:
    double time_;
    double offset_ = 0.0;
};

struct FLiveLinkMetaData {
    TMap<FName, FString> StringMetaData;
    FQualifiedFrameTime SceneTime;
};

// Which struct it is, and how one is made.
class UScriptStruct {
public:
    UScriptStruct(const UScriptStruct* parent, std::shared_ptr<void> (*make)())
        : parent_(parent), make_(make) {}
    bool IsChildOf(const UScriptStruct* other) const {
        return this == other || (parent_ != nullptr && parent_->IsChildOf(other));
    }
    std::shared_ptr<void> Make() const { return make_(); }

private:
    const UScriptStruct* parent_;
    std::shared_ptr<void> (*make_)();
};

#define STUB_STRUCT(Struct, parent)                                                         \
    static const UScriptStruct* StaticStruct() {                                            \
        static const UScriptStruct own(                                                     \
            parent, []() -> std::shared_ptr<void> { return std::make_shared<Struct>(); });  \
        return &own;                                                                        \
    }

struct FLiveLinkBaseStaticData {
    STUB_STRUCT(FLiveLinkBaseStaticData, nullptr)
    TArray<FName> PropertyNames;
};

struct FLiveLinkBaseFrameData {
    STUB_STRUCT(FLiveLinkBaseFrameData, nullptr)
    FLiveLinkWorldTime WorldTime;
    FLiveLinkMetaData MetaData;
    TArray<float> PropertyValues;
};

// Moves only, as the engine's.
template <typename Base>
class TStubDataStruct {
public:
    TStubDataStruct() = default;
    explicit TStubDataStruct(const UScriptStruct* type) : type_(type), held_(type->Make()) {}
    TStubDataStruct(TStubDataStruct&&) = default;
    TStubDataStruct& operator=(TStubDataStruct&&) = default;
    template <typename T>
    T* Cast() {
        return type_ != nullptr && type_->IsChildOf(T::StaticStruct()) ? static_cast<T*>(held_.get())
                                                                       : nullptr;
    }
    const UScriptStruct* GetStruct() const { return type_; }

private:
    const UScriptStruct* type_ = nullptr;
    std::shared_ptr<void> held_;
};

using FLiveLinkStaticDataStruct = TStubDataStruct<FLiveLinkBaseStaticData>;
using FLiveLinkFrameDataStruct = TStubDataStruct<FLiveLinkBaseFrameData>;
