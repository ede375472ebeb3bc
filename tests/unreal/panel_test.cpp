// The panel behind "Add source", as a person uses it, on stubs of Slate (engine_stubs/slate).
#include "CoreGlobals.h"
#include "DesktopPlatformModule.h"
#include "GeFaceSourceFactory.h"
#include "ILiveLinkSource.h"
#include "Misc/ConfigCacheIni.h"
#include "Modules/ModuleManager.h"
#include "SGeFaceSourcePanel.h"
#include "Test.h"
#include "Widgets/Input/SButton.h"
#include "Widgets/Input/SEditableTextBox.h"
#include "Widgets/Input/SSegmentedControl.h"
#include "Widgets/Input/SSpinBox.h"
#include "Widgets/Text/STextBlock.h"

namespace {

FString Wide(const std::string& text) { return FString(text.c_str()); }

// The panel with its fields by the order in which they stand.
struct Panel {
    explicit Panel(bool is_new = true) {
        if (is_new) *GConfig = FConfigCacheIni();
        const auto add = [this](const FString& text) { added.push_back(stub::Utf8(*text)); };
        panel = SNew(SGeFaceSourcePanel).OnAdd_Lambda(add);
    }

    template <typename W>
    W& At(std::size_t index) const {
        std::vector<W*> found;
        stub::Collect(*panel, found);
        check(index < found.size());
        return *found[index];
    }
    SEditableTextBox& Address() const { return At<SEditableTextBox>(0); }
    SEditableTextBox& Token() const { return At<SEditableTextBox>(1); }
    SEditableTextBox& Prefix() const { return At<SEditableTextBox>(2); }
    SEditableTextBox& ProfileBox() const { return At<SEditableTextBox>(3); }
    SButton& Browse() const { return At<SButton>(0); }
    SButton& Add() const { return At<SButton>(1); }
    void Type(SEditableTextBox& box, const std::string& text) const {
        box.SetText(FText::FromString(Wide(text)));
    }
    void Choose(geface::Role role) const { At<SSegmentedControl<geface::Role>>(0).Choose(role); }

    // What stands in red; empty where nothing does.
    std::string Problem() const {
        std::vector<STextBlock*> texts;
        stub::Collect(*panel, texts);
        for (const STextBlock* text : texts) {
            const bool is_problem = text->shown._Visibility.IsSet();
            if (is_problem && text->GetVisibility() == EVisibility::Visible) {
                return stub::Utf8(*text->GetText().ToString());
            }
        }
        return "";
    }

    TSharedPtr<SGeFaceSourcePanel> panel;
    std::vector<std::string> added;
};

}  // namespace

TEST(an_untouched_panel_adds_the_server_of_this_machine) {
    const Panel panel;
    EXPECT_OF(panel.Problem(), panel.Problem().empty() && panel.Add().IsEnabled());
    panel.Add().Click();
    EXPECT(panel.added == std::vector<std::string>{geface::ConnectionText({})});
}

TEST(what_is_entered_is_what_is_added) {
    const Panel panel;
    panel.Type(panel.Address(), "wss://studio:9000/");
    panel.Type(panel.Token(), "a;b%");
    panel.Type(panel.Prefix(), "Ännchen_");
    panel.At<SSegmentedControl<geface::Curves>>(0).Choose(geface::Curves::Both);
    panel.At<SSpinBox<int32>>(0).Type(30);
    panel.Address().Enter();
    EXPECT(panel.added.size() == 1);
    std::string error;
    const auto read = geface::ParseConnection(panel.added.at(0), error);
    EXPECT_OF(error, read.has_value());
    EXPECT(read->url == "wss://studio:9000/" && read->token == "a;b%");
    EXPECT(read->subject_prefix == "Ännchen_" && read->curves == geface::Curves::Both);
    EXPECT(Near(read->delay_s, 0.03, 1e-9));
    EXPECT(panel.Token().IsPassword() && !panel.Address().IsPassword());
}

TEST(a_wrong_address_is_told_while_it_is_typed_and_cannot_be_added) {
    const Panel panel;
    panel.Type(panel.Address(), "http://studio");
    EXPECT_OF(panel.Problem(), panel.Problem().find("expected ws://host:port") != std::string::npos);
    EXPECT(!panel.Add().IsEnabled());
    panel.Add().Click();
    panel.Address().Enter();
    EXPECT(panel.added.empty());
    panel.Type(panel.Address(), "ws://studio:8765");
    EXPECT_OF(panel.Problem(), panel.Problem().empty() && panel.Add().IsEnabled());
}

TEST(bones_need_a_profile_and_a_profile_has_to_be_there) {
    const Panel panel;
    panel.Choose(geface::Role::Animation);
    EXPECT_OF(panel.Problem(), panel.Problem().find("needs a profile") != std::string::npos);
    panel.Type(panel.ProfileBox(), "nobody");
    EXPECT_OF(panel.Problem(), panel.Problem().find("nobody") != std::string::npos);
    EXPECT(!panel.Add().IsEnabled());
    const std::string file = Golden() + "/../../../rig/profiles/geface.json";
    FDesktopPlatformModule::Get()->chosen = Wide(file);
    panel.Browse().Click();
    EXPECT_OF(panel.Problem(), panel.Problem().empty());
    panel.Add().Click();
    std::string error;
    const auto read = geface::ParseConnection(panel.added.at(0), error);
    EXPECT_OF(error, read && read->role == geface::Role::Animation);
    EXPECT_OF(read->profile, read->profile.find("geface.json") != std::string::npos);
}

TEST(a_dialog_that_is_closed_changes_nothing) {
    const Panel panel;
    panel.Type(panel.ProfileBox(), "nobody");
    FDesktopPlatformModule::Get()->chosen = FString();
    panel.Browse().Click();
    EXPECT(panel.ProfileBox().GetText().ToString() == FString("nobody"));
}

TEST(the_next_panel_shows_what_was_added_last_but_not_its_token) {
    const Panel first;
    first.Type(first.Address(), "ws://studio:1");
    first.Type(first.Token(), "secret");
    first.Add().Click();
    first.Type(first.Address(), "ws://not.added:2");
    const Panel second(false);
    EXPECT(second.Address().GetText().ToString() == FString("ws://studio:1"));
    EXPECT(second.Token().GetText().IsEmpty());
}

TEST(settings_that_cannot_be_read_are_the_default) {
    const Panel first;
    GConfig->SetString(TEXT("GeFaceBridge"), TEXT("Connection"), TEXT("nonsense"), GEditorPerProjectIni);
    const Panel second(false);
    EXPECT(second.Address().GetText().ToString() == FString(geface::Connection().url.c_str()));
}

TEST(the_module_gives_the_factory_its_panel_and_takes_it_back) {
    *GConfig = FConfigCacheIni();
    const UGeFaceSourceFactory factory;
    const auto module = stub::Modules().at("GeFaceBridgeEditor")();
    EXPECT(factory.GetMenuType() == ULiveLinkSourceFactory::EMenuType::Disabled);
    module->StartupModule();
    EXPECT(factory.GetMenuType() == ULiveLinkSourceFactory::EMenuType::SubPanel);
    TSharedPtr<ILiveLinkSource> source;
    FString text;
    const auto created = [&](TSharedPtr<ILiveLinkSource> made, FString string) {
        source = made;
        text = string;
    };
    Panel panel;
    const auto widget = factory.BuildCreationPanel(
        ULiveLinkSourceFactory::FOnLiveLinkSourceCreated::CreateLambda(created));
    std::vector<SButton*> buttons;
    stub::Collect(*widget, buttons);
    buttons.at(1)->Click();
    EXPECT(source.IsValid() && stub::Utf8(*text) == geface::ConnectionText({}));
    module->ShutdownModule();
    EXPECT(factory.GetMenuType() == ULiveLinkSourceFactory::EMenuType::Disabled);
}
