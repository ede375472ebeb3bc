// For people with the engine: what only its own types and sockets can show. Run by
//   UnrealEditor-Cmd PROJECT -ExecCmds="Automation RunTests GeFace; Quit" -unattended -nullrhi -nosound
// The numbers are those of tests/contract/golden/retarget_v2.json.
#include "Misc/AutomationTest.h"

#if WITH_DEV_AUTOMATION_TESTS

#include "GeFaceCompat.h"
#include "GeFaceCore/GeneratedLayout.h"
#include "GeFaceCore/Msgpack.h"
#include "GeFaceSource.h"
#include "GeFaceSourceFactory.h"
#include "GeFaceText.h"
#include "HAL/PlatformTime.h"

namespace GeFaceSpec
{
using FChannels = TMap<FString, float>;

// Nobody is at its other end.
class FSocket final : public IWebSocket
{
public:
    virtual void Connect() override {}
    virtual void Close(int32 Code, const FString& Reason) override { bIsClosed = Code == 1000 && Reason.IsEmpty(); }
    virtual bool IsConnected() override { return !bIsClosed; }
    virtual void Send(const FString& Data) override { check(Data.IsEmpty()); }
    virtual void Send(const void* Data, SIZE_T Size, bool bIsBinary) override { Sent += Data != nullptr && Size > 0 && bIsBinary; }
    virtual void SetTextMessageMemoryLimit(uint64) override {}
    virtual FWebSocketConnectedEvent& OnConnected() override { return Connected; }
    virtual FWebSocketConnectionErrorEvent& OnConnectionError() override { return ConnectionError; }
    virtual FWebSocketClosedEvent& OnClosed() override { return Closed; }
    virtual FWebSocketMessageEvent& OnMessage() override { return Message; }
    virtual FWebSocketBinaryMessageEvent& OnBinaryMessage() override { return BinaryMessage; }
    virtual FWebSocketRawMessageEvent& OnRawMessage() override { return RawMessage; }
    virtual FWebSocketMessageSentEvent& OnMessageSent() override { return MessageSent; }

    // In two parts, as a socket may hand a message on.
    void Receive(const std::vector<std::uint8_t>& Bytes)
    {
        const SIZE_T Half = Bytes.size() / 2;
        BinaryMessage.Broadcast(Bytes.data(), Half, false);
        BinaryMessage.Broadcast(Bytes.data() + Half, Bytes.size() - Half, true);
    }

    FWebSocketConnectedEvent Connected;
    FWebSocketConnectionErrorEvent ConnectionError;
    FWebSocketClosedEvent Closed;
    FWebSocketMessageEvent Message;
    FWebSocketBinaryMessageEvent BinaryMessage;
    FWebSocketRawMessageEvent RawMessage;
    FWebSocketMessageSentEvent MessageSent;
    bool bIsClosed = false;
    int32 Sent = 0;
};

static std::vector<std::uint8_t> Hello(const std::string& Subject)
{
    geface::msgpack::Writer Writer;
    Writer.Map(10);
    Writer.String("type"), Writer.String("hello");
    Writer.String("version"), Writer.Array(2), Writer.Integer(1), Writer.Integer(1);
    Writer.String("session"), Writer.String("spec");
    Writer.String("layout_id"), Writer.String(geface::layout::kLayoutId);
    Writer.String("channels"), Writer.Array(geface::layout::kChannelCount);
    for (const geface::layout::Channel& Channel : geface::layout::kChannels)
    {
        Writer.Array(4);
        Writer.String(Channel.name), Writer.String(Channel.unit);
        Writer.Number(Channel.low), Writer.Number(Channel.high);
    }
    Writer.String("subjects"), Writer.Array(1), Writer.String(Subject);
    Writer.String("source"), Writer.String("spec");
    Writer.String("rate_hz"), Writer.Number(60.0);
    Writer.String("server"), Writer.String("spec");
    Writer.String("server_version"), Writer.String("0");
    return Writer.Take();
}

static std::vector<std::uint8_t> Frame(int32 Sequence, double CapturedAtS, const FChannels& Channels)
{
    std::vector<float> Values;
    for (const geface::layout::Channel& Channel : geface::layout::kChannels)
    {
        const float* Value = Channels.Find(FString(UTF8_TO_TCHAR(Channel.name)));
        Values.push_back(Value != nullptr ? *Value : 0.0f);
    }
    geface::msgpack::Writer Writer;
    Writer.Map(8);
    Writer.String("type"), Writer.String("frame");
    Writer.String("sequence"), Writer.Integer(static_cast<std::uint64_t>(Sequence));
    Writer.String("subject"), Writer.Integer(0);
    Writer.String("time_s"), Writer.Number(CapturedAtS);
    Writer.String("captured_at_s"), Writer.Number(CapturedAtS);
    Writer.String("valid"), Writer.Boolean(true);
    Writer.String("confidence"), Writer.Number(1.0);
    // All machines that Unreal runs on are little-endian, as the wire is.
    Writer.String("channels"), Writer.Binary({reinterpret_cast<const std::uint8_t*>(Values.data()), 4 * Values.size()});
    return Writer.Take();
}

static float ValueOf(const geface::Feed& Feed, const geface::SubjectFrame& Told, const char* Property)
{
    for (std::size_t Index = 0; Index < Feed.Schema().properties.size(); ++Index)
    {
        if (Feed.Schema().properties[Index] == Property)
        {
            return Told.properties[Index];
        }
    }
    return -1.0f;
}
}

BEGIN_DEFINE_SPEC(FGeFaceSourceSpec, "GeFace.Source", GEFACE_TEST_CONTEXTS | EAutomationTestFlags::ProductFilter)
    TSharedPtr<GeFaceSpec::FSocket> Socket;
    TSharedPtr<FGeFaceLink> Link;

    // A link whose socket is in the spec's hands.
    void Connect()
    {
        Link = MakeShared<FGeFaceLink>("ws://127.0.0.1:8765/", "", geface::ClientConfig(),
            [this](const FString&, const FString&, const TMap<FString, FString>&) -> TSharedPtr<IWebSocket>
            {
                Socket = MakeShared<GeFaceSpec::FSocket>();
                return Socket;
            });
        Link->Start();
        Link->Tick(FPlatformTime::Seconds());
        Socket->Connected.Broadcast();
    }
END_DEFINE_SPEC(FGeFaceSourceSpec)

void FGeFaceSourceSpec::Define()
{
    Describe("A connection string", [this]()
    {
        It("comes back from the settings that a preset saves", [this]()
        {
            const FString Text = TEXT("url=wss://studio:9000/;token=50%25%3B;subject-prefix=Zo\u00eb_;role=basic;curves=both;profile=;delay_ms=12.5");
            const TSharedPtr<ILiveLinkSource> Source = GetDefault<UGeFaceSourceFactory>()->CreateSource(Text);
            if (!TestTrue(TEXT("A source is made"), Source.IsValid()))
            {
                return;
            }
            UGeFaceSourceSettings* Settings = NewObject<UGeFaceSourceSettings>();
            Source->InitializeSettings(Settings);
            TestEqual(TEXT("The string"), Settings->ConnectionString, Text);
            TestEqual(TEXT("The prefix"), Settings->SubjectPrefix, FString(TEXT("Zo\u00eb_")));
            TestTrue(TEXT("It can be shut down at once"), Source->RequestSourceShutdown());
        });

        It("that is none makes no source", [this]()
        {
            AddExpectedError(TEXT("unknown key 'host'"));
            TestFalse(TEXT("A source"), GetDefault<UGeFaceSourceFactory>()->CreateSource(TEXT("host=studio")).IsValid());
        });
    });

    Describe("Text", [this]()
    {
        It("survives the way to the engine and back", [this]()
        {
            const std::string Utf8 = "Zo\xc3\xab \xe8\x84\xb8 \xf0\x9f\x99\x82";
            TestTrue(TEXT("The same"), GeFace::ToUtf8(GeFace::FromUtf8(Utf8)) == Utf8);
        });

        It("takes names that differ by their capitals for one, as the core expects", [this]()
        {
            TestTrue(TEXT("One"), FName(TEXT("EyeBlinkLeft")) == FName(TEXT("eyeBlinkLeft")));
        });
    });

    Describe("A link", [this]()
    {
        It("shows the golden smile and wink", [this]()
        {
            Connect();
            geface::Feed Feed(geface::Connection(), std::nullopt);
            Socket->Receive(GeFaceSpec::Hello("Zo\xc3\xab"));
            TestEqual(TEXT("Subjects"), static_cast<int32>(Feed.Update(Link->GetClient()).announced.size()), 1);
            const GeFaceSpec::FChannels Smile = {{TEXT("AU06_L"), 0.6f}, {TEXT("AU06_R"), 0.5f}, {TEXT("AU12_L"), 0.8f},
                {TEXT("AU12_R"), 0.7f}, {TEXT("AU26"), 0.5f}};
            // The way from rest to a face takes a quarter of a second.
            const double TimeS = FPlatformTime::Seconds();
            const geface::SubjectFrame* Told = nullptr;
            for (int32 Index = 0; Index <= 20; ++Index)
            {
                const double FrameS = TimeS + 0.02 * Index;
                Socket->Receive(GeFaceSpec::Frame(Index, FrameS, Smile));
                Told = Feed.Next(Link->GetClient(), 0, FrameS);
            }
            if (!TestTrue(TEXT("A frame is told"), Told != nullptr))
            {
                return;
            }
            TestEqual(TEXT("Jaw"), GeFaceSpec::ValueOf(Feed, *Told, "JawOpen"), 0.375f, 1e-5f);
            TestEqual(TEXT("Left smile"), GeFaceSpec::ValueOf(Feed, *Told, "MouthSmileLeft"), 0.7552f, 1e-5f);
            TestEqual(TEXT("Right cheek"), GeFaceSpec::ValueOf(Feed, *Told, "CheekSquintRight"), 0.85f, 1e-5f);
            const GeFaceSpec::FChannels Wink = {{TEXT("AU43_L"), 1.0f}, {TEXT("gaze_yaw"), -0.4f}, {TEXT("gaze_pitch"), -0.2f}};
            Socket->Receive(GeFaceSpec::Frame(21, TimeS + 1.0, Wink));
            Told = Feed.Next(Link->GetClient(), 0, TimeS + 1.0);
            if (TestTrue(TEXT("The next is told"), Told != nullptr))
            {
                TestEqual(TEXT("Left lid"), GeFaceSpec::ValueOf(Feed, *Told, "EyeBlinkLeft"), 1.0f, 1e-5f);
                TestEqual(TEXT("Right eye"), GeFaceSpec::ValueOf(Feed, *Told, "EyeLookOutRight"), 0.6548f, 1e-4f);
            }
        });

        It("is over when its socket has closed", [this]()
        {
            Connect();
            Link->Stop(FPlatformTime::Seconds());
            TestTrue(TEXT("The socket was told to close"), Socket->bIsClosed);
            TestFalse(TEXT("Over"), Link->IsOver(FPlatformTime::Seconds()));
            Socket->Closed.Broadcast(1000, FString(), true);
            TestTrue(TEXT("Over"), Link->IsOver(FPlatformTime::Seconds()));
        });

        AfterEach([this]()
        {
            Link.Reset();
            Socket.Reset();
        });
    });
}

#endif
