// A geface.v1 server as a Live Link source: one subject a face. What to tell Live Link is the
// core's decision (Feed.h, Client.h); this puts it into the engine's types.
#pragma once

#include "CoreMinimal.h"
#include "ILiveLinkSource.h"

#include "GeFaceCore/Connection.h"
#include "GeFaceCore/Feed.h"
#include "GeFaceLink.h"
#include "GeFaceSourceSettings.h"

class FGeFaceSource : public ILiveLinkSource, public TSharedFromThis<FGeFaceSource>
{
public:
    FGeFaceSource(const geface::Connection& InConnection, FGeFaceSocketMaker InMakeSocket);
    virtual ~FGeFaceSource() override;

    //~ Begin ILiveLinkSource interface; all of it is called on the game thread
    virtual void ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid) override;
    virtual void InitializeSettings(ULiveLinkSourceSettings* Settings) override;
    virtual void Update() override;
    virtual bool IsSourceStillValid() const override;
    virtual bool RequestSourceShutdown() override;
    virtual FText GetSourceType() const override;
    virtual FText GetSourceMachineName() const override;
    virtual FText GetSourceStatus() const override;
    virtual TSubclassOf<ULiveLinkSourceSettings> GetSettingsClass() const override;
    virtual void OnSettingsChanged(ULiveLinkSourceSettings* Settings, const FPropertyChangedEvent& Event) override;
    //~ End ILiveLinkSource interface

private:
    void Shape(const geface::Connection& Next);
    void Announce();
    void AnnounceSubject(const std::string& Name);
    void PushFrame(const std::string& Name, const geface::SubjectFrame& Frame);
    void RemoveSubject(const std::string& Name);
    void RemoveSubjects();
    void LogNews();
    void HandleCalibrate(EGeFaceCalibration Kind);

    geface::Connection Connection;
    FGeFaceSocketMaker MakeSocket;
    ILiveLinkClient* Client = nullptr;
    FGuid SourceGuid;
    TSharedPtr<FGeFaceLink> Link;
    TUniquePtr<geface::Feed> Feed;
    std::string Problem; // why there is no feed, for people
    std::string LoggedText;
    bool bIsShuttingDown = false;
};
