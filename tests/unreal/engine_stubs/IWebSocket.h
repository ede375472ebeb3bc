// A STUB, not the engine.
#pragma once

#include "CoreMinimal.h"

class IWebSocket {
public:
    virtual ~IWebSocket() = default;
    virtual void Connect() = 0;
    virtual void Close(int32 code = 1000, const FString& reason = FString()) = 0;
    virtual bool IsConnected() = 0;
    virtual void Send(const FString& text) = 0;
    virtual void Send(const void* data, SIZE_T size, bool is_binary = false) = 0;
    virtual void SetTextMessageMemoryLimit(uint64 limit) = 0;

    DECLARE_EVENT(IWebSocket, FWebSocketConnectedEvent);
    virtual FWebSocketConnectedEvent& OnConnected() = 0;
    DECLARE_EVENT_OneParam(IWebSocket, FWebSocketConnectionErrorEvent, const FString&);
    virtual FWebSocketConnectionErrorEvent& OnConnectionError() = 0;
    DECLARE_EVENT_ThreeParams(IWebSocket, FWebSocketClosedEvent, int32, const FString&, bool);
    virtual FWebSocketClosedEvent& OnClosed() = 0;
    DECLARE_EVENT_OneParam(IWebSocket, FWebSocketMessageEvent, const FString&);
    virtual FWebSocketMessageEvent& OnMessage() = 0;
    DECLARE_EVENT_ThreeParams(IWebSocket, FWebSocketBinaryMessageEvent, const void*, SIZE_T, bool);
    virtual FWebSocketBinaryMessageEvent& OnBinaryMessage() = 0;
    DECLARE_EVENT_ThreeParams(IWebSocket, FWebSocketRawMessageEvent, const void*, SIZE_T, SIZE_T);
    virtual FWebSocketRawMessageEvent& OnRawMessage() = 0;
    DECLARE_EVENT_OneParam(IWebSocket, FWebSocketMessageSentEvent, const FString&);
    virtual FWebSocketMessageSentEvent& OnMessageSent() = 0;
};
