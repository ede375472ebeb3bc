// A websocket and the core's client at its end. All of it on the game thread, which is where the
// WebSockets module calls.
#pragma once

#include "CoreMinimal.h"
#include "IWebSocket.h"

#include "GeFaceCore/Client.h"
#include "GeFaceCore/Fragments.h"

// Makes a socket that is not yet connecting; tests hand in their own.
using FGeFaceSocketMaker = TFunction<TSharedPtr<IWebSocket>(
    const FString& Url, const FString& Protocol, const TMap<FString, FString>& Headers)>;

class FGeFaceLink : public TSharedFromThis<FGeFaceLink>
{
public:
    FGeFaceLink(const std::string& InUrl, const std::string& InToken, const geface::ClientConfig& Config,
        FGeFaceSocketMaker InMakeSocket);
    ~FGeFaceLink();

    FGeFaceLink(const FGeFaceLink&) = delete;
    FGeFaceLink& operator=(const FGeFaceLink&) = delete;

    void Start();

    // Does what the client says: connects, closes, sends.
    void Tick(double TimeS);

    // Ends the connection for good. It is over once IsOver says so.
    void Stop(double TimeS);

    // No socket is left that could still call. True after a second in any case: sockets that have
    // not closed by then are let go of.
    bool IsOver(double TimeS);

    geface::Client& GetClient() { return Client; }
    const geface::Client& GetClient() const { return Client; }

private:
    // A socket that was told to close. It has to live until it has.
    struct FLeaving
    {
        TSharedPtr<IWebSocket> Socket;
        double SinceS = 0.0;
        int32 Id = 0;
        bool bIsGone = false;
    };

    void Open(double TimeS);
    void Leave(double TimeS);
    void Sweep(double TimeS);
    void Flush();
    void Unbind(IWebSocket& WebSocket);

    void HandleConnected();
    void HandleConnectionError(const FString& Error);
    void HandleClosed(int32 StatusCode, const FString& Reason, bool bWasClean);
    void HandleText(const FString& Text);
    void HandleBinary(const void* Data, SIZE_T Size, bool bIsLastFragment);
    void HandleLeft(int32 StatusCode, const FString& Reason, bool bWasClean, int32 Id);

    FString Url;
    TMap<FString, FString> Headers;
    FGeFaceSocketMaker MakeSocket;
    geface::Client Client;
    geface::Fragments Fragments;
    TSharedPtr<IWebSocket> Socket;
    bool bIsSocketGone = false;
    TArray<FLeaving> Leaving;
    int32 LastId = 0;
};
