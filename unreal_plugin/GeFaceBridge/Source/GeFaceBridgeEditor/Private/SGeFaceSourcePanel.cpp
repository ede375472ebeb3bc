#include "SGeFaceSourcePanel.h"

#include "DesktopPlatformModule.h"
#include "Framework/Application/SlateApplication.h"
#include "IDesktopPlatform.h"
#include "Misc/Paths.h"
#include "Styling/StyleColors.h"
#include "Widgets/Input/SButton.h"
#include "Widgets/Input/SEditableTextBox.h"
#include "Widgets/Input/SSegmentedControl.h"
#include "Widgets/Input/SSpinBox.h"
#include "Widgets/Layout/SBox.h"
#include "Widgets/SBoxPanel.h"
#include "Widgets/Text/STextBlock.h"

#include "GeFaceLastConnection.h"
#include "GeFaceProfiles.h"
#include "GeFaceText.h"

#define LOCTEXT_NAMESPACE "GeFaceBridgeEditor"

namespace GeFacePanel
{
constexpr float Width = 420.0f;
constexpr float LabelWidth = 90.0f;
constexpr float Gap = 4.0f;

static void AddRow(SVerticalBox& Rows, const FText& Label, const TSharedRef<SWidget>& Field, const FText& Hint)
{
    Rows.AddSlot().AutoHeight()
    [
        SNew(SHorizontalBox)
        .ToolTipText(Hint)
        + SHorizontalBox::Slot().AutoWidth().VAlign(VAlign_Center)
        [
            SNew(SBox)
            .WidthOverride(LabelWidth)
            [
                SNew(STextBlock).Text(Label)
            ]
        ]
        + SHorizontalBox::Slot().FillWidth(1.0f).Padding(0.0f, Gap / 2)
        [
            Field
        ]
    ];
}
}

void SGeFaceSourcePanel::Construct(const FArguments& InArgs)
{
    OnAdd = InArgs._OnAdd;
    Connection = GeFace::LastConnection();
    const TSharedRef<SVerticalBox> Rows = SNew(SVerticalBox);
    AddServerRows(*Rows);
    AddFaceRows(*Rows);
    AddProblemAndButton(*Rows);
    ChildSlot
    [
        SNew(SBox)
        .WidthOverride(GeFacePanel::Width)
        .Padding(GeFacePanel::Gap)
        [
            Rows
        ]
    ];
    Check();
}

void SGeFaceSourcePanel::AddServerRows(SVerticalBox& Rows)
{
    using namespace GeFacePanel;
    AddRow(Rows, LOCTEXT("Address", "Address"), TextField(&geface::Connection::url),
        LOCTEXT("AddressHint", "Where geface-bridge serves: ws://host:port, or wss://host:port with TLS"));
    AddRow(Rows, LOCTEXT("Token", "Token"), TextField(&geface::Connection::token),
        LOCTEXT("TokenHint", "Only for a server on another machine, which prints it. "
            "A Live Link preset keeps it in plain text; this panel forgets it"));
    AddRow(Rows, LOCTEXT("Prefix", "Name prefix"), TextField(&geface::Connection::subject_prefix),
        LOCTEXT("PrefixHint", "Before the names of the faces, to tell two servers apart"));
    AddRow(Rows, LOCTEXT("Delay", "Delay (ms)"), DelayField(),
        LOCTEXT("DelayHint", "How long a frame may wait for earlier ones. "
            "0 on one machine, 20 to 50 on a wireless network"));
}

void SGeFaceSourcePanel::AddFaceRows(SVerticalBox& Rows)
{
    using namespace GeFacePanel;
    AddRow(Rows, LOCTEXT("Role", "Role"), RoleField(),
        LOCTEXT("RoleHint", "Basic: curves alone, which any skeleton can take. "
            "Animation: bones as well, moved as the profile says"));
    AddRow(Rows, LOCTEXT("Curves", "Curves"), CurvesField(),
        LOCTEXT("CurvesHint", "Action units (AU12_L and so on), ARKit's 52 curves as MetaHumans know them, or both"));
    AddRow(Rows, LOCTEXT("Profile", "Profile"), ProfileField(),
        LOCTEXT("ProfileHint", "What the action units do to your character's bones and curves: "
            "a profile that comes with the plugin, by name, or a file"));
}

void SGeFaceSourcePanel::AddProblemAndButton(SVerticalBox& Rows)
{
    Rows.AddSlot().AutoHeight().Padding(0.0f, GeFacePanel::Gap)
    [
        SNew(STextBlock)
        .AutoWrapText(true)
        .ColorAndOpacity(FStyleColors::Error)
        .Text(this, &SGeFaceSourcePanel::ProblemText)
        .Visibility(this, &SGeFaceSourcePanel::ProblemVisibility)
    ];
    Rows.AddSlot().AutoHeight().HAlign(HAlign_Right)
    [
        SNew(SButton)
        .Text(LOCTEXT("Add", "Add"))
        .IsEnabled(this, &SGeFaceSourcePanel::IsGood)
        .OnClicked(this, &SGeFaceSourcePanel::OnAddClicked)
    ];
}

TSharedRef<SEditableTextBox> SGeFaceSourcePanel::TextField(FTextField Field, const FText& Example)
{
    return SNew(SEditableTextBox)
        .Text(FText::FromString(GeFace::FromUtf8(Connection.*Field)))
        .HintText(Example)
        .IsPassword(Field == &geface::Connection::token)
        .ClearKeyboardFocusOnCommit(false)
        .OnTextChanged(this, &SGeFaceSourcePanel::OnTextChanged, Field)
        .OnTextCommitted(this, &SGeFaceSourcePanel::OnTextCommitted);
}

TSharedRef<SWidget> SGeFaceSourcePanel::RoleField()
{
    return SNew(SSegmentedControl<geface::Role>)
        .Value_Lambda([this] { return Connection.role; })
        .OnValueChanged_Lambda([this](geface::Role Role) { Connection.role = Role; Check(); })
        + SSegmentedControl<geface::Role>::Slot(geface::Role::Basic)
        .Text(LOCTEXT("Basic", "Basic"))
        + SSegmentedControl<geface::Role>::Slot(geface::Role::Animation)
        .Text(LOCTEXT("Animation", "Animation"));
}

TSharedRef<SWidget> SGeFaceSourcePanel::CurvesField()
{
    return SNew(SSegmentedControl<geface::Curves>)
        .Value_Lambda([this] { return Connection.curves; })
        .OnValueChanged_Lambda([this](geface::Curves Curves) { Connection.curves = Curves; Check(); })
        + SSegmentedControl<geface::Curves>::Slot(geface::Curves::ActionUnits)
        .Text(LOCTEXT("ActionUnits", "Action units"))
        + SSegmentedControl<geface::Curves>::Slot(geface::Curves::Arkit)
        .Text(LOCTEXT("Arkit", "ARKit"))
        + SSegmentedControl<geface::Curves>::Slot(geface::Curves::Both)
        .Text(LOCTEXT("Both", "Both"));
}

TSharedRef<SWidget> SGeFaceSourcePanel::ProfileField()
{
    const FText Shipped = FText::FromString(FString::Join(GeFace::ShippedProfiles(), TEXT(", ")));
    ProfileBox = TextField(&geface::Connection::profile, Shipped);
    return SNew(SHorizontalBox)
        + SHorizontalBox::Slot().FillWidth(1.0f)
        [
            ProfileBox.ToSharedRef()
        ]
        + SHorizontalBox::Slot().AutoWidth()
        [
            SNew(SButton)
            .Text(LOCTEXT("Browse", "..."))
            .ToolTipText(LOCTEXT("BrowseHint", "Choose a profile file"))
            .OnClicked(this, &SGeFaceSourcePanel::OnBrowse)
        ];
}

TSharedRef<SWidget> SGeFaceSourcePanel::DelayField()
{
    return SNew(SSpinBox<int32>)
        .MinValue(0)
        .MaxValue(FMath::RoundToInt32(1000.0 * geface::Connection::kMaxDelayS))
        .Value_Lambda([this] { return FMath::RoundToInt32(1000.0 * Connection.delay_s); })
        .OnValueChanged_Lambda([this](int32 Milliseconds) { Connection.delay_s = Milliseconds / 1000.0; Check(); });
}

void SGeFaceSourcePanel::OnTextChanged(const FText& Text, FTextField Field)
{
    Connection.*Field = GeFace::ToUtf8(Text.ToString());
    Check();
}

void SGeFaceSourcePanel::OnTextCommitted(const FText& /* Text */, ETextCommit::Type How)
{
    if (How == ETextCommit::OnEnter)
    {
        OnAddClicked();
    }
}

FReply SGeFaceSourcePanel::OnBrowse()
{
    IDesktopPlatform* Desktop = FDesktopPlatformModule::Get();
    if (Desktop == nullptr)
    {
        return FReply::Handled();
    }
    const void* Window = FSlateApplication::Get().FindBestParentWindowHandleForDialogs(AsShared());
    const FString Title = LOCTEXT("BrowseTitle", "Choose a geface profile").ToString();
    const FString Folder = FPaths::GetPath(GeFace::FromUtf8(Connection.profile));
    const FString Kinds = TEXT("Profiles (*.json)|*.json");
    TArray<FString> Files;
    Desktop->OpenFileDialog(Window, Title, Folder, FString(), Kinds, EFileDialogFlags::None, Files);
    if (Files.Num() > 0)
    {
        // Setting the text calls OnTextChanged.
        ProfileBox->SetText(FText::FromString(FPaths::ConvertRelativePathToFull(Files[0])));
    }
    return FReply::Handled();
}

FReply SGeFaceSourcePanel::OnAddClicked()
{
    // Enter comes here too, also with a connection that is not good.
    Check();
    if (IsGood())
    {
        GeFace::KeepConnection(Connection);
        OnAdd.ExecuteIfBound(GeFace::FromUtf8(geface::ConnectionText(Connection)));
    }
    return FReply::Handled();
}

// The string's own reader is asked, so that the panel lets through what the source will take.
void SGeFaceSourcePanel::Check()
{
    std::string Error;
    geface::Profile Profile;
    Problem.Reset();
    if (!geface::ParseConnection(geface::ConnectionText(Connection), Error))
    {
        Problem = GeFace::FromUtf8(Error);
    }
    else if (!Connection.profile.empty())
    {
        GeFace::LoadProfile(GeFace::FromUtf8(Connection.profile), Profile, Problem);
    }
}

EVisibility SGeFaceSourcePanel::ProblemVisibility() const
{
    return IsGood() ? EVisibility::Collapsed : EVisibility::Visible;
}

#undef LOCTEXT_NAMESPACE
