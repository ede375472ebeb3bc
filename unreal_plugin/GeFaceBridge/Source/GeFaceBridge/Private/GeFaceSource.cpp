#include "GeFaceSource.h"

#include "GeFaceCore/GeneratedLayout.h"
#include "GeFaceLog.h"
#include "GeFaceProfiles.h"
#include "GeFaceText.h"
#include "HAL/PlatformTime.h"
#include "ILiveLinkClient.h"
#include "LiveLinkTypes.h"
#include "Roles/LiveLinkAnimationRole.h"
#include "Roles/LiveLinkAnimationTypes.h"
#include "Roles/LiveLinkBasicRole.h"

#define LOCTEXT_NAMESPACE "GeFaceSource"

namespace
{
    FTransform GeFaceTransform(const geface::Placement& Placement)
    {
        const geface::Quaternion& Turn = Placement.rotation;
        const geface::Vector3& Place = Placement.translation_cm;
        const geface::Vector3& Scale = Placement.scale;
        return FTransform(FQuat(Turn[0], Turn[1], Turn[2], Turn[3]), FVector(Place[0], Place[1], Place[2]),
            FVector(Scale[0], Scale[1], Scale[2]));
    }

    void GeFaceFillStatic(const geface::SubjectSchema& Schema, FLiveLinkBaseStaticData& Data)
    {
        Data.PropertyNames.Reserve(static_cast<int32>(Schema.properties.size()));
        for (const std::string& Name : Schema.properties)
        {
            Data.PropertyNames.Add(GeFace::NameFromUtf8(Name));
        }
    }

    void GeFaceFillSkeleton(const geface::SubjectSchema& Schema, FLiveLinkSkeletonStaticData& Data)
    {
        TArray<FName> Names;
        TArray<int32> Parents;
        for (const std::string& Name : Schema.bones)
        {
            Names.Add(GeFace::NameFromUtf8(Name));
        }
        for (const int Parent : Schema.parents)
        {
            Parents.Add(Parent);
        }
        Data.SetBoneNames(Names);
        Data.SetBoneParents(Parents);
    }

    void GeFaceFillFrame(const geface::SubjectFrame& Frame, FLiveLinkBaseFrameData& Data)
    {
        Data.PropertyValues.Reserve(static_cast<int32>(Frame.properties.size()));
        for (const float Value : Frame.properties)
        {
            Data.PropertyValues.Add(Value);
        }
        // No offset: the time is of our own clock already, from the server's pongs.
        Data.WorldTime = FLiveLinkWorldTime(Frame.world_time_s, 0.0);
        Data.MetaData.SceneTime =
            FQualifiedFrameTime(FFrameTime(FFrameNumber(Frame.scene_frame.frame), Frame.scene_frame.subframe),
                FFrameRate(Frame.scene_rate.numerator, Frame.scene_rate.denominator));
        for (const auto& [Key, Value] : Frame.metadata)
        {
            Data.MetaData.StringMetaData.Add(FName(Key), GeFace::FromUtf8(Value));
        }
    }
}

FGeFaceSource::FGeFaceSource(const geface::Connection& InConnection, FGeFaceSocketMaker InMakeSocket)
    : MakeSocket(MoveTemp(InMakeSocket))
{
    Shape(InConnection);
}

FGeFaceSource::~FGeFaceSource() = default;

void FGeFaceSource::ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid)
{
    Client = InClient;
    SourceGuid = InSourceGuid;
    geface::ClientConfig Config;
    // Curves and profiles are of this layout; another would move the wrong parts of the face.
    Config.expected_layout_id = geface::layout::kLayoutId;
    Config.jitter.delay_s = Connection.delay_s;
    Link = MakeShared<FGeFaceLink>(Connection.url, Connection.token, Config, MakeSocket);
    Link->Start();
}

void FGeFaceSource::InitializeSettings(ULiveLinkSourceSettings* Settings)
{
    // Old presets restore settings of the base class: no cast may be taken for granted.
    if (UGeFaceSourceSettings* Own = Cast<UGeFaceSourceSettings>(Settings))
    {
        Own->Show(Connection);
        Own->OnCalibrate.BindSP(this, &FGeFaceSource::HandleCalibrate);
    }
}

void FGeFaceSource::Update()
{
    if (Client == nullptr || bIsShuttingDown)
    {
        return;
    }
    const double TimeS = FPlatformTime::Seconds();
    Link->Tick(TimeS);
    LogNews();
    if (!Feed)
    {
        return;
    }
    Announce();
    for (std::size_t Index = 0; Index < Feed->Names().size(); ++Index)
    {
        if (const geface::SubjectFrame* Frame = Feed->Next(Link->GetClient(), Index, TimeS))
        {
            PushFrame(Feed->Names()[Index], *Frame);
        }
    }
}

bool FGeFaceSource::IsSourceStillValid() const
{
    return !bIsShuttingDown && Feed && Link && Link->GetClient().State() == geface::ClientState::Streaming;
}

bool FGeFaceSource::RequestSourceShutdown()
{
    const double TimeS = FPlatformTime::Seconds();
    if (!bIsShuttingDown)
    {
        bIsShuttingDown = true;
        RemoveSubjects();
        if (Link)
        {
            Link->Stop(TimeS);
        }
    }
    if (Link && !Link->IsOver(TimeS))
    {
        return false;
    }
    Client = nullptr;
    return true;
}

FText FGeFaceSource::GetSourceType() const
{
    return LOCTEXT("SourceType", "GeFace Bridge");
}

FText FGeFaceSource::GetSourceMachineName() const
{
    return GeFace::TextFromUtf8(geface::HostOf(Connection.url));
}

FText FGeFaceSource::GetSourceStatus() const
{
    if (!Problem.empty())
    {
        return GeFace::TextFromUtf8(Problem);
    }
    return Link ? GeFace::TextFromUtf8(Link->GetClient().Text()) : LOCTEXT("NotStarted", "Not started");
}

TSubclassOf<ULiveLinkSourceSettings> FGeFaceSource::GetSettingsClass() const
{
    return UGeFaceSourceSettings::StaticClass();
}

void FGeFaceSource::OnSettingsChanged(ULiveLinkSourceSettings* Settings, const FPropertyChangedEvent& /*Event*/)
{
    UGeFaceSourceSettings* Own = Cast<UGeFaceSourceSettings>(Settings);
    if (Own == nullptr || bIsShuttingDown)
    {
        return;
    }
    geface::Connection Next = Connection;
    Own->Take(Next);
    // What is taken has to be what the connection string gives back when a preset is loaded.
    const std::optional<geface::Connection> Kept = geface::ParseConnection(geface::ConnectionText(Next), Problem);
    if (!Kept)
    {
        return;
    }
    RemoveSubjects();
    Shape(*Kept);
    Own->Show(Connection);
    if (Link)
    {
        Link->GetClient().SetDelayS(Connection.delay_s);
    }
}

// Everything that the connection says but the address.
void FGeFaceSource::Shape(const geface::Connection& Next)
{
    Connection = Next;
    Feed.Reset();
    Problem.clear();
    std::optional<geface::Profile> Profile;
    if (!Connection.profile.empty())
    {
        FString Error;
        if (!GeFace::LoadProfile(GeFace::FromUtf8(Connection.profile), Profile.emplace(), Error))
        {
            Problem = GeFace::ToUtf8(Error);
            return;
        }
    }
    Feed = MakeUnique<geface::Feed>(Connection, MoveTemp(Profile));
}

void FGeFaceSource::Announce()
{
    const geface::SubjectChanges Changes = Feed->Update(Link->GetClient());
    for (const std::string& Name : Changes.removed)
    {
        RemoveSubject(Name);
    }
    for (const std::size_t Index : Changes.announced)
    {
        AnnounceSubject(Feed->Names()[Index]);
    }
}

void FGeFaceSource::AnnounceSubject(const std::string& Name)
{
    const FLiveLinkSubjectKey Key(SourceGuid, GeFace::NameFromUtf8(Name));
    const geface::SubjectSchema& Schema = Feed->Schema();
    if (Schema.role == geface::Role::Animation)
    {
        FLiveLinkStaticDataStruct Struct(FLiveLinkSkeletonStaticData::StaticStruct());
        FLiveLinkSkeletonStaticData& Data = *Struct.Cast<FLiveLinkSkeletonStaticData>();
        GeFaceFillStatic(Schema, Data);
        GeFaceFillSkeleton(Schema, Data);
        Client->PushSubjectStaticData_AnyThread(Key, ULiveLinkAnimationRole::StaticClass(), MoveTemp(Struct));
        return;
    }
    FLiveLinkStaticDataStruct Struct(FLiveLinkBaseStaticData::StaticStruct());
    GeFaceFillStatic(Schema, *Struct.Cast<FLiveLinkBaseStaticData>());
    Client->PushSubjectStaticData_AnyThread(Key, ULiveLinkBasicRole::StaticClass(), MoveTemp(Struct));
}

void FGeFaceSource::PushFrame(const std::string& Name, const geface::SubjectFrame& Frame)
{
    const FLiveLinkSubjectKey Key(SourceGuid, GeFace::NameFromUtf8(Name));
    if (Feed->Schema().role == geface::Role::Animation)
    {
        FLiveLinkFrameDataStruct Struct(FLiveLinkAnimationFrameData::StaticStruct());
        FLiveLinkAnimationFrameData& Data = *Struct.Cast<FLiveLinkAnimationFrameData>();
        GeFaceFillFrame(Frame, Data);
        Data.Transforms.Reserve(static_cast<int32>(Frame.bones.size()));
        for (const geface::Placement& Bone : Frame.bones)
        {
            Data.Transforms.Add(GeFaceTransform(Bone));
        }
        Client->PushSubjectFrameData_AnyThread(Key, MoveTemp(Struct));
        return;
    }
    FLiveLinkFrameDataStruct Struct(FLiveLinkBaseFrameData::StaticStruct());
    GeFaceFillFrame(Frame, *Struct.Cast<FLiveLinkBaseFrameData>());
    Client->PushSubjectFrameData_AnyThread(Key, MoveTemp(Struct));
}

void FGeFaceSource::RemoveSubject(const std::string& Name)
{
    Client->RemoveSubject_AnyThread(FLiveLinkSubjectKey(SourceGuid, GeFace::NameFromUtf8(Name)));
}

void FGeFaceSource::RemoveSubjects()
{
    if (Client == nullptr || !Feed)
    {
        return;
    }
    for (const std::string& Name : Feed->Names())
    {
        RemoveSubject(Name);
    }
}

// Once for each change, not for each frame.
void FGeFaceSource::LogNews()
{
    const std::string Text = Link->GetClient().Text();
    if (Text != LoggedText)
    {
        LoggedText = Text;
        UE_LOG(LogGeFaceBridge, Log, TEXT("%s: %s"), *GetSourceMachineName().ToString(), *GeFace::FromUtf8(Text));
    }
    for (const geface::Status& News : Link->GetClient().TakeStatus())
    {
        const FString Line = GeFace::FromUtf8(News.text);
        if (News.level == geface::Level::Info)
        {
            UE_LOG(LogGeFaceBridge, Log, TEXT("Server: %s"), *Line);
        }
        else
        {
            UE_LOG(LogGeFaceBridge, Warning, TEXT("Server: %s"), *Line);
        }
    }
}

void FGeFaceSource::HandleCalibrate(EGeFaceCalibration Kind)
{
    if (!Link)
    {
        return;
    }
    geface::Calibrate Message;
    Message.kind = static_cast<geface::CalibrationKind>(Kind);
    if (!Link->GetClient().Send(Message))
    {
        UE_LOG(LogGeFaceBridge, Warning, TEXT("No server to calibrate: %s"), *GetSourceStatus().ToString());
    }
}

#undef LOCTEXT_NAMESPACE
