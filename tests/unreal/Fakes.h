// A websocket and a Live Link client that the tests hold in their hands, behind the engine's
// interfaces as engine_stubs declares them.
#pragma once

#include "HAL/PlatformTime.h"
#include "ILiveLinkClient.h"
#include "IWebSocket.h"
#include "LiveLinkTypes.h"
#include "Roles/LiveLinkAnimationTypes.h"
#include "Server.h"

class FakeSocket : public IWebSocket {
public:
    void Connect() override {
        ++connects;
        bound_before_connect = binary.IsBound() && closed.IsBound() && connected.IsBound() &&
                               error.IsBound() && text.IsBound();
        if (fails_at_once) error.Broadcast(FString(TEXT("Invalid Domain")));
    }
    void Close(int32, const FString&) override { ++closes; }
    bool IsConnected() override { return true; }
    void Send(const FString&) override { ++texts; }
    void Send(const void* data, SIZE_T size, bool is_binary) override {
        texts += !is_binary;
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        sent.emplace_back(bytes, bytes + size);
    }
    void SetTextMessageMemoryLimit(uint64) override {}
    FWebSocketConnectedEvent& OnConnected() override { return connected; }
    FWebSocketConnectionErrorEvent& OnConnectionError() override { return error; }
    FWebSocketClosedEvent& OnClosed() override { return closed; }
    FWebSocketMessageEvent& OnMessage() override { return text; }
    FWebSocketBinaryMessageEvent& OnBinaryMessage() override { return binary; }
    FWebSocketRawMessageEvent& OnRawMessage() override { return raw; }
    FWebSocketMessageSentEvent& OnMessageSent() override { return message_sent; }

    void Give(const geface::Message& message) { Give(wire::EncodeAny(message)); }
    void Give(const Bytes& bytes) { binary.Broadcast(bytes.data(), bytes.size(), true); }
    void Drop(int code = 1006) { closed.Broadcast(code, FString(), false); }
    bool IsListenedTo() const {
        return connected.IsBound() || error.IsBound() || closed.IsBound() || text.IsBound() ||
               binary.IsBound() || raw.IsBound();
    }

    FWebSocketConnectedEvent connected;
    FWebSocketConnectionErrorEvent error;
    FWebSocketClosedEvent closed;
    FWebSocketMessageEvent text;
    FWebSocketBinaryMessageEvent binary;
    FWebSocketRawMessageEvent raw;
    FWebSocketMessageSentEvent message_sent;
    FString url, protocol;
    TMap<FString, FString> headers;
    std::vector<Bytes> sent;
    int connects = 0, closes = 0, texts = 0;
    bool bound_before_connect = false;
    bool fails_at_once = false;
};

// Every socket that was made, oldest first; they live on here as they do in the engine's manager.
struct FakeNet {
    std::vector<TSharedPtr<FakeSocket>> sockets;
    bool fails_at_once = false;

    std::function<TSharedPtr<IWebSocket>(const FString&, const FString&,
                                         const TMap<FString, FString>&)>
    Maker() {
        return [this](const FString& url, const FString& protocol,
                      const TMap<FString, FString>& headers) -> TSharedPtr<IWebSocket> {
            TSharedPtr<FakeSocket> socket = MakeShared<FakeSocket>();
            socket->url = url;
            socket->protocol = protocol;
            socket->headers = headers;
            socket->fails_at_once = fails_at_once;
            sockets.push_back(socket);
            return socket;
        };
    }
    FakeSocket& Last() { return *sockets.back(); }
};

// What Live Link was told, in order.
class FakeLiveLink : public ILiveLinkClient {
public:
    struct Call {
        enum Kind { Static, Frame, Remove } kind;
        std::string subject;
        std::vector<std::string> properties;
        std::vector<std::string> bones;
        std::vector<float> values;
        std::vector<FTransform> transforms;
        std::vector<int> parents;
        FLiveLinkBaseFrameData frame;
        const UClass* role = nullptr;
    };

    explicit FakeLiveLink(const FGuid& own) : guid(own) {}

    void PushSubjectStaticData_AnyThread(const FLiveLinkSubjectKey& key,
                                         TSubclassOf<ULiveLinkRole> role,
                                         FLiveLinkStaticDataStruct&& data) override {
        Call call = Begin(Call::Static, key);
        call.role = role.Get();
        for (const FName& name : data.Cast<FLiveLinkBaseStaticData>()->PropertyNames) {
            call.properties.push_back(stub::Utf8(*name.ToString()));
        }
        if (const auto* skeleton = data.Cast<FLiveLinkSkeletonStaticData>()) {
            for (const FName& name : skeleton->GetBoneNames()) {
                call.bones.push_back(stub::Utf8(*name.ToString()));
            }
            for (const int32 parent : skeleton->GetBoneParents()) call.parents.push_back(parent);
        }
        calls.push_back(call);
    }

    void PushSubjectFrameData_AnyThread(const FLiveLinkSubjectKey& key,
                                        FLiveLinkFrameDataStruct&& data) override {
        Call call = Begin(Call::Frame, key);
        call.frame = *data.Cast<FLiveLinkBaseFrameData>();
        for (const float value : call.frame.PropertyValues) call.values.push_back(value);
        if (const auto* bones = data.Cast<FLiveLinkAnimationFrameData>()) {
            for (const FTransform& transform : bones->Transforms) call.transforms.push_back(transform);
        }
        calls.push_back(call);
    }

    void RemoveSubject_AnyThread(const FLiveLinkSubjectKey& key) override {
        calls.push_back(Begin(Call::Remove, key));
    }

    std::size_t Count(Call::Kind kind) const {
        return static_cast<std::size_t>(std::count_if(
            calls.begin(), calls.end(), [kind](const Call& call) { return call.kind == kind; }));
    }

    FGuid guid;
    std::vector<Call> calls;

private:
    Call Begin(Call::Kind kind, const FLiveLinkSubjectKey& key) {
        check(key.Source == guid);
        Call call;
        call.kind = kind;
        call.subject = stub::Utf8(*key.SubjectName.Name.ToString());
        return call;
    }
};
