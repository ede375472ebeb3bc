// A STUB, not the engine. Sockets are what the test says they are.
#pragma once

#include "IWebSocket.h"

class FWebSocketsModule {
public:
    static FWebSocketsModule& Get() {
        static FWebSocketsModule module;
        return module;
    }
    TSharedRef<IWebSocket> CreateWebSocket(
        const FString& url, const FString& protocol = FString(),
        const TMap<FString, FString>& headers = TMap<FString, FString>()) {
        return make(url, protocol, headers).ToSharedRef();
    }
    std::function<TSharedPtr<IWebSocket>(const FString&, const FString&,
                                         const TMap<FString, FString>&)>
        make;
};
