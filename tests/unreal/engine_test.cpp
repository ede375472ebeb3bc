// The module's own code over engine_stubs: the order of its calls, and what it does when sockets
// and people misbehave. Not a test of anything in an engine.
#include "BonePose.h"
#include "Fakes.h"
#include "GeFaceCore/Connection.h"
#include "GeFaceCore/Json.h"
#include "GeFaceProfiles.h"
#include "GeFaceRetargetAsset.h"
#include "GeFaceSource.h"
#include "GeFaceSourceFactory.h"
#include "GeFaceSourceSettings.h"
#include "GeFaceText.h"
#include "Interfaces/IPluginManager.h"
#include "Logging/LogMacros.h"
#include "Misc/AutomationTest.h"
#include "Misc/Paths.h"
#include "Modules/ModuleManager.h"
#include "Roles/LiveLinkAnimationRole.h"
#include "Roles/LiveLinkBasicRole.h"
#include "Test.h"
#include "WebSocketsModule.h"

namespace {

using Call = FakeLiveLink::Call;

double& Now() { return FPlatformTime::Now(); }

FString Wide(const std::string& text) { return GeFace::FromUtf8(text); }
std::string Narrow(const FString& text) { return GeFace::ToUtf8(text); }
std::string Narrow(const FText& text) { return Narrow(text.ToString()); }

bool Has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string Profiles() { return Golden() + "/../../../rig/profiles"; }

// A source that was added to Live Link, as the engine adds it.
struct Rig {
    explicit Rig(const std::string& text = "") {
        std::string error;
        const auto connection = geface::ParseConnection(text, error);
        EXPECT_OF(error, connection.has_value());
        source = MakeShared<FGeFaceSource>(*connection, net.Maker());
        source->ReceiveClient(&live, live.guid);
        settings = NewObject<UGeFaceSourceSettings>();
        source->InitializeSettings(settings);
    }

    void Tick(double seconds = 1.0 / 60) {
        Now() += seconds;
        source->Update();
    }
    void Greet(const geface::Hello& hello = LayoutHello()) {
        Tick();
        net.Last().connected.Broadcast();
        net.Last().Give(hello);
        Tick();
    }
    void Frame(std::int64_t sequence, int subject = 0) {
        net.Last().Give(FrameAt(sequence, Now(), subject));
    }
    std::string Status() const { return Narrow(source->GetSourceStatus()); }

    FakeNet net;
    FakeLiveLink live{FGuid{1, 2, 3, 4}};
    TSharedPtr<FGeFaceSource> source;
    UGeFaceSourceSettings* settings = nullptr;
};

}  // namespace

TEST(a_source_connects_with_everything_bound_and_its_token_in_a_header) {
    Rig rig("url=ws://studio:9000/x;token=se%3Bcret");
    EXPECT(rig.net.sockets.empty() && rig.Status() == "Connecting");
    rig.Tick();
    EXPECT(rig.net.sockets.size() == 1);
    const FakeSocket& socket = rig.net.Last();
    EXPECT(socket.connects == 1 && socket.bound_before_connect);
    EXPECT(socket.url == TEXT("ws://studio:9000/x") && socket.protocol == TEXT("geface.v1"));
    const FString* token = socket.headers.Find(FString(TEXT("Authorization")));
    EXPECT(token != nullptr && *token == TEXT("Bearer se;cret"));
    EXPECT(Narrow(rig.source->GetSourceMachineName()) == "studio:9000");
    EXPECT(Narrow(rig.source->GetSourceType()) == "GeFace Bridge");
    EXPECT(!rig.source->IsSourceStillValid());
}

TEST(static_data_comes_before_frames_and_each_frame_has_its_properties) {
    Rig rig;
    rig.Tick();
    EXPECT(rig.live.calls.empty());
    rig.Greet(LayoutHello("first", 2));
    for (int i = 0; i < 30; ++i) {
        rig.Frame(i, i % 2);
        rig.Tick();
    }
    EXPECT(rig.source->IsSourceStillValid() && rig.Status() == "Active");
    std::map<std::string, std::size_t> properties;
    std::map<std::string, int> frames;
    double last_s = 0.0;
    for (const Call& call : rig.live.calls) {
        if (call.kind == Call::Static) {
            EXPECT(properties.count(call.subject) == 0 && call.role == ULiveLinkBasicRole::StaticClass());
            properties[call.subject] = call.properties.size();
        } else {
            EXPECT(call.kind == Call::Frame && call.values.size() == properties.at(call.subject));
            ++frames[call.subject];
            EXPECT(call.frame.WorldTime.GetOffsettedTime() <= Now());
            last_s = std::max(last_s, call.frame.WorldTime.GetSourceTime());
        }
    }
    EXPECT(properties.size() == 2 && properties["face"] == 64 && properties["face_b"] == 64);
    EXPECT(frames["face"] >= 15 && frames["face_b"] >= 15);
    EXPECT(Now() - last_s < 0.05);
}

TEST(a_frame_carries_values_times_and_metadata) {
    Rig rig("curves=au");
    geface::Hello hello = LayoutHello();
    hello.rate_hz = 29.97;
    rig.Greet(hello);
    double captured_s = 0.0;
    for (int i = 0; i < 40; ++i) {
        captured_s = Now();
        geface::Frame frame = FrameAt(i, captured_s);
        frame.time_s = 10.0 + i;
        frame.channels.assign(geface::layout::kChannelCount, 0.25f);
        rig.net.Last().Give(frame);
        rig.Tick();
    }
    const Call& last = rig.live.calls.back();
    EXPECT(Near(static_cast<double>(last.values[0]), 0.25, 1e-6));
    EXPECT(Near(last.frame.WorldTime.GetOffsettedTime(), captured_s, 1e-6));
    const FQualifiedFrameTime& scene = last.frame.MetaData.SceneTime;
    EXPECT(scene.Rate.Numerator == 30000 && scene.Rate.Denominator == 1001);
    EXPECT(scene.Time.FrameNumber.Value == 49 * 30000 / 1001);
    const auto& metadata = last.frame.MetaData.StringMetaData;
    EXPECT(*metadata.Find(FName(TEXT("valid"))) == TEXT("true"));
    EXPECT(*metadata.Find(FName(TEXT("confidence"))) == TEXT("0.90"));
    EXPECT(*metadata.Find(FName(TEXT("sequence"))) == TEXT("39"));
}

TEST(the_golden_hello_of_another_layout_is_refused_in_words) {
    geface::Json golden;
    std::string error;
    EXPECT(geface::ReadJson(ReadText(Golden() + "/geface_v1.json"), golden, error));
    int refused = 0;
    for (const geface::Json& vector : golden.Find("canonical")->items) {
        if (!vector.Find("message")->Find("type")->IsString("hello")) continue;
        Rig rig;
        rig.Tick();
        rig.net.Last().connected.Broadcast();
        rig.net.Last().Give(FromHex(vector.Find("hex")->text));
        rig.Tick();
        if (rig.source->IsSourceStillValid()) continue;  // it may be of our own layout
        ++refused;
        EXPECT_OF(rig.Status(), Has(rig.Status(), "Refused: the server's layout is"));
        EXPECT(rig.live.calls.empty() && rig.net.Last().closes == 1);
        for (int i = 0; i < 600; ++i) rig.Tick(0.1);
        EXPECT(rig.net.sockets.size() == 1);
    }
    EXPECT(refused >= 1);
}

TEST(messages_in_fragments_are_put_together) {
    Rig whole, parted;
    for (Rig* rig : {&whole, &parted}) rig->Greet();
    for (int i = 0; i < 30; ++i) {
        const geface::Frame frame = FrameAt(i, Now());
        const Bytes bytes = wire::Encode(frame);
        whole.net.Last().Give(bytes);
        for (std::size_t at = 0; at < bytes.size(); at += 50) {
            const std::size_t size = std::min<std::size_t>(50, bytes.size() - at);
            parted.net.Last().binary.Broadcast(&bytes[at], size, at + size == bytes.size());
        }
        Now() += 1.0 / 60;
        whole.source->Update();
        parted.source->Update();
    }
    EXPECT(parted.source->IsSourceStillValid());
    EXPECT(whole.live.calls.back().values == parted.live.calls.back().values);
    EXPECT(whole.live.calls.back().values[0] != 0.0f);
}

TEST(a_broken_connection_is_tried_again_and_subjects_go_on) {
    Rig rig;
    rig.Greet();
    rig.Frame(0);
    rig.Tick();
    for (int i = 0; i < 3; ++i) {
        rig.net.Last().Drop();
        EXPECT(!rig.source->IsSourceStillValid());
        const std::size_t before = rig.net.sockets.size();
        rig.Tick(0.4);
        EXPECT(rig.net.sockets.size() == before && Has(rig.Status(), "Not responding"));
        rig.Tick(0.2);
        EXPECT(rig.net.sockets.size() == before + 1);
        EXPECT(!rig.net.sockets[before - 1]->IsListenedTo());
        EXPECT(rig.net.sockets[before - 1]->closes == 0);  // it was closed already
        rig.Greet(LayoutHello(std::to_string(i)));
        rig.Frame(0);
        rig.Tick();
        EXPECT(rig.source->IsSourceStillValid());
    }
    EXPECT(rig.live.Count(Call::Static) == 1 && rig.live.Count(Call::Remove) == 0);
}

TEST(a_socket_that_fails_within_connect_is_survived) {
    Rig rig;
    rig.net.fails_at_once = true;
    for (int i = 0; i < 100; ++i) rig.Tick(0.1);
    EXPECT(rig.net.sockets.size() >= 4 && rig.net.sockets.size() <= 6);
    EXPECT_OF(rig.Status(), Has(rig.Status(), "no server answers (Invalid Domain)"));
    rig.net.fails_at_once = false;
    for (int i = 0; i < 100; ++i) rig.Tick(0.1);
    rig.net.Last().connected.Broadcast();
    rig.net.Last().Give(LayoutHello());
    EXPECT(rig.source->IsSourceStillValid());
}

TEST(a_wrong_token_is_not_tried_again) {
    Rig rig("token=wrong");
    rig.Tick();
    rig.net.Last().error.Broadcast(FString(TEXT("HS: ws upgrade unauthorized")));
    for (int i = 0; i < 100; ++i) rig.Tick(0.5);
    EXPECT(rig.net.sockets.size() == 1 && rig.Status() == "Refused: the server wants a token");
}

TEST(a_text_message_ends_the_connection) {
    Rig rig;
    rig.Greet();
    rig.net.Last().text.Broadcast(FString(TEXT("{}")));
    rig.Tick();
    EXPECT(Has(rig.Status(), "Refused: server sent text") && rig.net.Last().closes == 1);
}

TEST(other_faces_are_announced_anew_and_those_that_left_removed) {
    Rig rig("subject-prefix=x_");
    geface::Hello hello = LayoutHello("first", 2);
    hello.subjects = {"Ann", "脸"};
    rig.Greet(hello);
    rig.net.Last().Drop(1001);
    rig.Tick(0.6);
    rig.live.calls.clear();
    hello.subjects = {"脸"};
    rig.Greet(hello);
    EXPECT(rig.live.calls.size() >= 2);
    EXPECT(rig.live.calls[0].kind == Call::Remove && rig.live.calls[0].subject == "x_Ann");
    EXPECT(rig.live.calls[1].kind == Call::Static && rig.live.calls[1].subject == "x_脸");
}

TEST(a_lost_face_fades_and_is_said_to_be_lost) {
    Rig rig("curves=au");
    rig.Greet();
    std::int64_t sequence = 0;
    for (int i = 0; i < 40; ++i) {
        rig.Frame(sequence++);
        rig.Tick();
    }
    EXPECT(rig.live.calls.back().values[0] > 0.0f);
    for (int i = 0; i < 90; ++i) {
        geface::Frame lost;
        lost.sequence = sequence++;
        lost.captured_at_s = Now();
        rig.net.Last().Give(lost);
        rig.Tick();
    }
    const Call& last = rig.live.calls.back();
    EXPECT(std::all_of(last.values.begin(), last.values.end(), [](float v) { return v == 0.0f; }));
    EXPECT(*last.frame.MetaData.StringMetaData.Find(FName(TEXT("valid"))) == TEXT("false"));
    EXPECT(rig.source->IsSourceStillValid());
}

TEST(a_shutdown_waits_for_the_socket_and_leaves_nothing_behind) {
    Rig rig;
    rig.Greet(LayoutHello("first", 2));
    rig.Frame(0);
    rig.Tick();
    FakeSocket& socket = rig.net.Last();
    rig.live.calls.clear();
    EXPECT(!rig.source->RequestSourceShutdown() && !rig.source->IsSourceStillValid());
    EXPECT(rig.live.Count(Call::Remove) == 2 && socket.closes == 1);
    // Under load: what comes now is heard by nobody.
    for (int i = 1; i < 10; ++i) {
        rig.Frame(i);
        rig.Tick(0.01);
        EXPECT(!rig.source->RequestSourceShutdown());
    }
    EXPECT(rig.live.calls.size() == 2 && socket.closes == 1);
    socket.Drop(1000);
    EXPECT(rig.source->RequestSourceShutdown() && rig.source->RequestSourceShutdown());
    EXPECT(!socket.IsListenedTo());
}

TEST(a_shutdown_does_not_wait_for_ever) {
    Rig rig;
    rig.Greet();
    EXPECT(!rig.source->RequestSourceShutdown());
    Now() += 0.9;
    EXPECT(!rig.source->RequestSourceShutdown());
    Now() += 0.2;
    EXPECT(rig.source->RequestSourceShutdown() && !rig.net.Last().IsListenedTo());
}

TEST(a_source_that_never_connected_shuts_down_at_once) {
    Rig rig;
    EXPECT(rig.source->RequestSourceShutdown());
    const TSharedPtr<FGeFaceSource> unused =
        MakeShared<FGeFaceSource>(geface::Connection(), rig.net.Maker());
    EXPECT(Narrow(unused->GetSourceStatus()) == "Not started");
    unused->Update();
    EXPECT(!unused->IsSourceStillValid() && unused->RequestSourceShutdown());
    EXPECT(rig.net.sockets.empty());
}

TEST(sockets_outlive_a_source_that_is_gone) {
    FakeNet net;
    FakeLiveLink live{FGuid{}};
    {
        TSharedPtr<FGeFaceSource> source =
            MakeShared<FGeFaceSource>(geface::Connection(), net.Maker());
        source->ReceiveClient(&live, live.guid);
        source->Update();
        net.Last().connected.Broadcast();
        net.Last().Give(LayoutHello());
        source->Update();
    }
    const std::size_t told = live.calls.size();
    net.Last().Give(FrameAt(0, Now()));
    net.Last().Drop();
    EXPECT(live.calls.size() == told && net.Last().closes == 1 && !net.Last().IsListenedTo());
}

TEST(pings_go_out_as_binary_messages) {
    Rig rig;
    rig.Greet();
    for (int i = 0; i < 60; ++i) rig.Tick();
    EXPECT(rig.net.Last().sent.size() >= 3 && rig.net.Last().texts == 0);
    for (const Bytes& bytes : rig.net.Last().sent) {
        geface::Message message;
        geface::Error error;
        EXPECT(geface::Decode(View(bytes), message, error) == geface::Decoded::Taken);
        EXPECT(std::get_if<geface::Ping>(&message) != nullptr);
    }
}

TEST(buttons_of_the_settings_calibrate) {
    Rig rig;
    rig.settings->CalibrateNeutral();
    EXPECT(Has(stub::Log().back().text, "No server to calibrate"));
    rig.Greet();
    rig.net.Last().sent.clear();
    rig.settings->CalibrateNeutral();
    rig.settings->ClearCalibration();
    rig.Tick(0.001);
    std::vector<geface::CalibrationKind> kinds;
    for (const Bytes& bytes : rig.net.Last().sent) {
        geface::Message message;
        geface::Error error;
        geface::Decode(View(bytes), message, error);
        if (const auto* calibrate = std::get_if<geface::Calibrate>(&message)) {
            kinds.push_back(calibrate->kind);
        }
    }
    EXPECT(kinds == (std::vector<geface::CalibrationKind>{geface::CalibrationKind::Neutral,
                                                          geface::CalibrationKind::Clear}));
}

TEST(a_preset_makes_the_same_source_again) {
    const std::string text = "url=wss://studio/;token=a%25b;subject-prefix=é_;role=animation;"
                             "curves=both;profile=" + Profiles() + "/geface.json;delay_ms=30";
    Rig rig(text);
    EXPECT(rig.settings->ConnectionString == Wide(text));
    EXPECT(rig.settings->Factory == UGeFaceSourceFactory::StaticClass());
    EXPECT(rig.source->GetSettingsClass() == UGeFaceSourceSettings::StaticClass());
    FWebSocketsModule::Get().make = rig.net.Maker();
    const auto* factory = GetDefault<UGeFaceSourceFactory>();
    const TSharedPtr<ILiveLinkSource> again = factory->CreateSource(rig.settings->ConnectionString);
    EXPECT(again.IsValid());
    UGeFaceSourceSettings* settings = NewObject<UGeFaceSourceSettings>();
    again->InitializeSettings(settings);
    EXPECT(settings->ConnectionString == rig.settings->ConnectionString);
    EXPECT(settings->SubjectPrefix == TEXT("é_") && settings->Role == EGeFaceRole::Animation);
    EXPECT(settings->Curves == EGeFaceCurves::Both && settings->DelayMs == 30.0f);
    again->ReceiveClient(&rig.live, rig.live.guid);
    Now() += 1.0;
    again->Update();
    EXPECT(rig.net.Last().url == TEXT("wss://studio/"));
}

TEST(settings_of_the_base_class_are_let_be) {
    Rig rig;
    ULiveLinkSourceSettings* generic = NewObject<ULiveLinkSourceSettings>();
    rig.source->InitializeSettings(generic);
    rig.source->OnSettingsChanged(generic, FPropertyChangedEvent());
    rig.source->InitializeSettings(nullptr);
    EXPECT(generic->ConnectionString.IsEmpty());
    rig.Greet();
    EXPECT(rig.source->IsSourceStillValid());
}

TEST(changed_settings_shape_the_subjects_anew_on_the_same_connection) {
    Rig rig;
    rig.Greet();
    rig.settings->Role = EGeFaceRole::Animation;
    rig.settings->Profile = Wide(Profiles() + "/makehuman.json");
    rig.settings->SubjectPrefix = FString(TEXT("new_"));
    rig.settings->DelayMs = 20.0f;
    rig.live.calls.clear();
    rig.source->OnSettingsChanged(rig.settings, FPropertyChangedEvent());
    rig.Frame(0);
    rig.Tick();
    rig.Tick(0.05);
    EXPECT(rig.net.sockets.size() == 1 && rig.source->IsSourceStillValid());
    EXPECT(rig.live.calls[0].kind == Call::Remove && rig.live.calls[0].subject == "face");
    const Call& announced = rig.live.calls[1];
    EXPECT(announced.kind == Call::Static && announced.subject == "new_face");
    EXPECT(announced.role == ULiveLinkAnimationRole::StaticClass());
    EXPECT(announced.bones.size() > 10 && announced.bones.size() == announced.parents.size());
    EXPECT(rig.live.calls.back().transforms.size() == announced.bones.size());
    EXPECT(Has(Narrow(rig.settings->ConnectionString), "delay_ms=20"));
    // What no connection string can say changes nothing but the status.
    rig.settings->Profile = FString();
    rig.source->OnSettingsChanged(rig.settings, FPropertyChangedEvent());
    EXPECT_OF(rig.Status(), Has(rig.Status(), "role=animation needs a profile"));
    rig.settings->Role = EGeFaceRole::Basic;
    rig.source->OnSettingsChanged(rig.settings, FPropertyChangedEvent());
    EXPECT(rig.Status() == "Active");
}

TEST(a_profile_that_is_not_there_is_named_and_nothing_is_pushed) {
    Rig rig("profile=nobody");
    rig.Greet();
    EXPECT_OF(rig.Status(), Has(rig.Status(), "profile nobody is not there; looked for "));
    EXPECT(rig.live.calls.empty() && !rig.source->IsSourceStillValid());
    EXPECT(!rig.source->RequestSourceShutdown());
}

TEST(profiles_are_found_by_name_and_by_path) {
    FString error;
    geface::Profile profile;
    EXPECT(GeFace::LoadProfile(Wide(Profiles() + "/vrm.json"), profile, error));
    EXPECT(!GeFace::LoadProfile(FString(TEXT("vrm")), profile, error));
    const FString before = FPaths::Project();
    FPaths::Project() = Wide(Profiles());
    EXPECT(GeFace::LoadProfile(FString(TEXT("vrm")), profile, error));
    EXPECT(GeFace::LoadProfile(FString(TEXT("makehuman.json")), profile, error));
    EXPECT(!GeFace::LoadProfile(FString(TEXT("README.md")), profile, error));
    EXPECT_OF(Narrow(error), Has(Narrow(error), "README.md)"));
    FPaths::Project() = before;
    EXPECT(GeFace::ShippedProfiles().IsEmpty());
}

TEST(the_factory_says_what_is_wrong_with_a_string) {
    const auto* factory = GetDefault<UGeFaceSourceFactory>();
    EXPECT(!factory->CreateSource(FString(TEXT("url=http://a"))).IsValid());
    EXPECT(stub::Log().back().verbosity == "Error");
    EXPECT(Has(stub::Log().back().text, "url is 'http://a', expected ws://host:port"));
    EXPECT(!factory->GetSourceDisplayName().IsEmpty() && !factory->GetSourceTooltip().IsEmpty());
}

TEST(the_factory_has_a_panel_where_an_editor_gives_it_one) {
    const auto* factory = GetDefault<UGeFaceSourceFactory>();
    using Menu = ULiveLinkSourceFactory::EMenuType;
    UGeFaceSourceFactory::PanelBuilder().Unbind();
    EXPECT(factory->GetMenuType() == Menu::Disabled && !factory->BuildCreationPanel({}).IsValid());
    int built = 0;
    UGeFaceSourceFactory::PanelBuilder().BindLambda(
        [&built](ULiveLinkSourceFactory::FOnLiveLinkSourceCreated) -> TSharedPtr<SWidget> {
            ++built;
            return nullptr;
        });
    EXPECT(factory->GetMenuType() == Menu::SubPanel);
    factory->BuildCreationPanel({});
    EXPECT(built == 1);
    UGeFaceSourceFactory::PanelBuilder().Unbind();
}

TEST(the_module_loads_websockets_when_it_starts) {
    const auto module = stub::Modules().at("GeFaceBridge")();
    module->StartupModule();
    EXPECT(FModuleManager::Get().loaded.Contains(FName(TEXT("WebSockets"))));
    module->ShutdownModule();
}

// A head that rests turned by a quarter about z, in a root that is scaled and turned by one about x.
TEST(bones_of_a_subject_move_those_of_a_skeleton_from_its_own_rest) {
    FCompactPose pose;
    const double s = std::sqrt(0.5);
    const FTransform root(FQuat(s, 0, 0, s), FVector(), FVector(100, 100, 100));
    const FTransform head(FQuat(0, 0, s, s), FVector(0, 0, 1.6));
    const FTransform jaw(FQuat(), FVector(0.1, 0, 0));
    pose.container.bones = {{FName("root"), INDEX_NONE, root},
                            {FName("Head"), 0, head},
                            {FName("jaw"), 1, jaw},
                            {FName("far"), 1, jaw, true}};
    for (const StubBone& bone : pose.container.bones) pose.transforms.Add(bone.rest);
    FLiveLinkSkeletonStaticData names;
    names.SetBoneNames({FName("root"), FName("head"), FName("jaw"), FName("far"), FName("nobody")});
    FLiveLinkAnimationFrameData frame;
    // The head bows by a quarter about the component's x; the jaw goes down by 2 cm, and forward.
    const FTransform still, moved(FQuat(), FVector(0, 1, -2), FVector(1, 1, 1.5));
    frame.Transforms = {moved, FTransform(FQuat(-s, 0, 0, s), FVector()), moved, moved, moved};
    UGeFaceRetargetAsset asset;
    asset.BuildPoseFromAnimationData(0.0f, &names, &frame, pose);
    const FQuat turn = pose.transforms[1].GetRotation();
    const geface::Quaternion expected =
        geface::Product(geface::Quaternion{-s, 0, 0, s}, geface::Quaternion{0, 0, s, s});
    EXPECT(Near(turn.X, expected[0], 1e-9) && Near(turn.Y, expected[1], 1e-9));
    EXPECT(Near(turn.Z, expected[2], 1e-9) && Near(turn.W, expected[3], 1e-9));
    // The component's y is the head's -z, its z the head's x; 100 of its units are one.
    const FVector place = pose.transforms[2].GetTranslation();
    EXPECT(Near(place.X, 0.08, 1e-9) && Near(place.Y, 0.0, 1e-9) && Near(place.Z, -0.01, 1e-9));
    EXPECT(Near(pose.transforms[2].GetScale3D().Z, 1.5, 1e-9));
    EXPECT(pose.transforms[0].GetScale3D().X == 100.0);  // Live Link's own root is none of ours
    EXPECT(pose.transforms[3].GetTranslation().X == 0.1);
    asset.remapped = [](FName name) { return name == FName("nobody") ? FName("jaw") : FName("-"); };
    asset.BuildPoseFromAnimationData(0.0f, &names, &frame, pose);
    EXPECT(Near(pose.transforms[2].GetTranslation().Z, -0.02, 1e-9));
}

TEST(the_specs_for_people_with_an_engine_hold_here_too) {
    int cases = 0;
    for (FAutomationSpecBase* spec : stub::Specs()) {
        spec->Define();
        for (const FAutomationSpecBase::Case& one : spec->cases) {
            ++cases;
            one.run();
            for (const auto& after : one.after) after();
            for (const std::string& failure : spec->failures) {
                EXPECT_OF(one.name + ": " + failure, false);
            }
            for (const std::string& error : spec->expected_errors) {
                EXPECT_OF(error, Has(stub::Log().back().text, error));
            }
            spec->failures.clear();
            spec->expected_errors.clear();
        }
    }
    EXPECT(cases >= 6);
}
