// The panel behind "Add source": asks for what a connection string holds, and checks it as one types.
#pragma once

#include "CoreMinimal.h"
#include "Input/Reply.h"
#include "Layout/Visibility.h"
#include "Types/SlateEnums.h"
#include "Widgets/DeclarativeSyntaxSupport.h"
#include "Widgets/SCompoundWidget.h"

#include "GeFaceCore/Connection.h"

class SEditableTextBox;
class SVerticalBox;

DECLARE_DELEGATE_OneParam(FGeFaceOnConnection, const FString& /* ConnectionString */);

class SGeFaceSourcePanel : public SCompoundWidget
{
public:
    SLATE_BEGIN_ARGS(SGeFaceSourcePanel) {}
        // Called with a connection string that is good.
        SLATE_EVENT(FGeFaceOnConnection, OnAdd)
    SLATE_END_ARGS()

    void Construct(const FArguments& InArgs);

private:
    using FTextField = std::string geface::Connection::*;

    void AddServerRows(SVerticalBox& Rows);
    void AddFaceRows(SVerticalBox& Rows);
    void AddProblemAndButton(SVerticalBox& Rows);
    TSharedRef<SEditableTextBox> TextField(FTextField Field, const FText& Example = FText());
    TSharedRef<SWidget> RoleField();
    TSharedRef<SWidget> CurvesField();
    TSharedRef<SWidget> ProfileField();
    TSharedRef<SWidget> DelayField();

    void OnTextChanged(const FText& Text, FTextField Field);
    void OnTextCommitted(const FText& Text, ETextCommit::Type How);
    FReply OnBrowse();
    FReply OnAddClicked();
    void Check();

    bool IsGood() const { return Problem.IsEmpty(); }
    FText ProblemText() const { return FText::FromString(Problem); }
    EVisibility ProblemVisibility() const;

    geface::Connection Connection;
    FString Problem;  // empty: the connection is good
    TSharedPtr<SEditableTextBox> ProfileBox;
    FGeFaceOnConnection OnAdd;
};
