#include "GeFaceLink.h"

#include "GeFaceText.h"
#include "HAL/PlatformTime.h"

namespace
{
    constexpr double GeFaceLeaveS = 1.0;
}

FGeFaceLink::FGeFaceLink(const std::string& InUrl, const std::string& InToken, const geface::ClientConfig& Config,
    FGeFaceSocketMaker InMakeSocket)
    : Url(GeFace::FromUtf8(InUrl))
    , MakeSocket(MoveTemp(InMakeSocket))
    , Client(Config)
{
    if (!InToken.empty())
    {
        // In the header rather than in the address, which the engine writes into its log.
        Headers.Add(TEXT("Authorization"), TEXT("Bearer ") + GeFace::FromUtf8(InToken));
    }
}

FGeFaceLink::~FGeFaceLink()
{
    if (Socket.IsValid())
    {
        Unbind(*Socket);
        Socket->Close();
    }
    for (FLeaving& Left : Leaving)
    {
        Unbind(*Left.Socket);
    }
}

void FGeFaceLink::Start()
{
    Client.Start();
}

void FGeFaceLink::Tick(double TimeS)
{
    Sweep(TimeS);
    if (bIsSocketGone)
    {
        Leave(TimeS);
    }
    switch (Client.Tick(TimeS))
    {
    case geface::Action::Connect:
        Open(TimeS);
        break;
    case geface::Action::Close:
        Leave(TimeS);
        break;
    case geface::Action::None:
        break;
    }
    Flush();
}

void FGeFaceLink::Stop(double TimeS)
{
    Client.Stop();
    Leave(TimeS);
}

bool FGeFaceLink::IsOver(double TimeS)
{
    Sweep(TimeS);
    return !Socket.IsValid() && Leaving.Num() == 0;
}

void FGeFaceLink::Open(double TimeS)
{
    Leave(TimeS);
    Fragments.Reset();
    Socket = MakeSocket(Url, FString(geface::kSubprotocol), Headers);
    if (!Socket.IsValid())
    {
        Client.Unreachable("no socket could be made", TimeS);
        return;
    }
    // Before Connect: the socket looks then which messages are wanted, and may fail at once.
    const TSharedRef<IWebSocket> Opening = Socket.ToSharedRef();
    Opening->OnConnected().AddSP(this, &FGeFaceLink::HandleConnected);
    Opening->OnConnectionError().AddSP(this, &FGeFaceLink::HandleConnectionError);
    Opening->OnClosed().AddSP(this, &FGeFaceLink::HandleClosed);
    Opening->OnMessage().AddSP(this, &FGeFaceLink::HandleText);
    Opening->OnBinaryMessage().AddSP(this, &FGeFaceLink::HandleBinary);
    Opening->Connect();
}

void FGeFaceLink::Leave(double TimeS)
{
    if (!Socket.IsValid())
    {
        return;
    }
    Unbind(*Socket);
    if (!bIsSocketGone)
    {
        FLeaving& Left = Leaving.AddDefaulted_GetRef();
        Left.Socket = Socket;
        Left.SinceS = TimeS;
        Left.Id = ++LastId;
        Socket->OnClosed().AddSP(this, &FGeFaceLink::HandleLeft, Left.Id);
        Socket->Close();
    }
    Socket.Reset();
    bIsSocketGone = false;
}

// Not from within a socket's own call, which would go on in what is no more.
void FGeFaceLink::Sweep(double TimeS)
{
    for (int32 Index = Leaving.Num() - 1; Index >= 0; --Index)
    {
        if (Leaving[Index].bIsGone || TimeS - Leaving[Index].SinceS >= GeFaceLeaveS)
        {
            Unbind(*Leaving[Index].Socket);
            Leaving.RemoveAt(Index);
        }
    }
}

void FGeFaceLink::Flush()
{
    std::vector<std::uint8_t> Bytes;
    while (Socket.IsValid() && !bIsSocketGone && Client.TakeOutgoing(Bytes))
    {
        Socket->Send(Bytes.data(), Bytes.size(), true);
    }
}

void FGeFaceLink::Unbind(IWebSocket& WebSocket)
{
    WebSocket.OnConnected().RemoveAll(this);
    WebSocket.OnConnectionError().RemoveAll(this);
    WebSocket.OnClosed().RemoveAll(this);
    WebSocket.OnMessage().RemoveAll(this);
    WebSocket.OnBinaryMessage().RemoveAll(this);
}

void FGeFaceLink::HandleConnected()
{
    Client.Opened(FPlatformTime::Seconds());
}

void FGeFaceLink::HandleConnectionError(const FString& Error)
{
    bIsSocketGone = true;
    Client.Unreachable(GeFace::ToUtf8(Error), FPlatformTime::Seconds());
}

void FGeFaceLink::HandleClosed(int32 StatusCode, const FString& /*Reason*/, bool /*bWasClean*/)
{
    bIsSocketGone = true;
    Client.Closed(StatusCode, FPlatformTime::Seconds());
}

void FGeFaceLink::HandleText(const FString& /*Text*/)
{
    Client.ReceivedText(FPlatformTime::Seconds());
}

void FGeFaceLink::HandleBinary(const void* Data, SIZE_T Size, bool bIsLastFragment)
{
    if (Fragments.Add({static_cast<const std::uint8_t*>(Data), Size}, bIsLastFragment))
    {
        Client.Received(Fragments.Message(), FPlatformTime::Seconds());
    }
}

void FGeFaceLink::HandleLeft(int32 /*StatusCode*/, const FString& /*Reason*/, bool /*bWasClean*/, int32 Id)
{
    for (FLeaving& Left : Leaving)
    {
        Left.bIsGone = Left.bIsGone || Left.Id == Id;
    }
}
