#include "GeFaceProfiles.h"

#include "GeFaceText.h"
#include "HAL/FileManager.h"
#include "Interfaces/IPluginManager.h"
#include "Misc/FileHelper.h"
#include "Misc/Paths.h"

namespace GeFace
{
static FString ShippedFolder()
{
    const TSharedPtr<IPlugin> Plugin = IPluginManager::Get().FindPlugin(TEXT("GeFaceBridge"));
    return Plugin.IsValid() ? FPaths::Combine(Plugin->GetBaseDir(), TEXT("Resources/Profiles")) : FString();
}

static TArray<FString> Candidates(const FString& Name)
{
    if (!FPaths::IsRelative(Name))
    {
        return {Name};
    }
    TArray<FString> Paths;
    for (const FString& Folder : {FPaths::ProjectDir(), FPaths::Combine(FPaths::ProjectDir(), TEXT("Profiles")), ShippedFolder()})
    {
        Paths.Add(FPaths::Combine(Folder, Name));
        Paths.Add(FPaths::Combine(Folder, Name + TEXT(".json")));
    }
    return Paths;
}

static bool ReadProfile(const FString& Path, geface::Profile& Profile, FString& Error)
{
    TArray<uint8> Bytes;
    if (!FFileHelper::LoadFileToArray(Bytes, *Path))
    {
        Error = TEXT("profile: cannot read ") + Path;
        return false;
    }
    std::string Problem;
    const std::string_view Text(reinterpret_cast<const char*>(Bytes.GetData()), static_cast<std::size_t>(Bytes.Num()));
    std::optional<geface::Profile> Parsed = geface::Profile::Parse(Text, Problem);
    if (!Parsed)
    {
        Error = FromUtf8(Problem) + TEXT(" (") + Path + TEXT(")");
        return false;
    }
    Profile = MoveTemp(*Parsed);
    return true;
}

bool LoadProfile(const FString& NameOrPath, geface::Profile& Profile, FString& Error)
{
    FString Tried;
    for (const FString& Path : Candidates(NameOrPath))
    {
        if (FPaths::FileExists(Path))
        {
            return ReadProfile(Path, Profile, Error);
        }
        Tried += (Tried.IsEmpty() ? TEXT("") : TEXT(", ")) + Path;
    }
    Error = TEXT("profile ") + NameOrPath + TEXT(" is not there; looked for ") + Tried;
    return false;
}

TArray<FString> ShippedProfiles()
{
    TArray<FString> Names;
    IFileManager::Get().FindFiles(Names, *FPaths::Combine(ShippedFolder(), TEXT("*.json")), true, false);
    for (FString& Name : Names)
    {
        Name = FPaths::GetBaseFilename(Name);
    }
    Names.Sort();
    return Names;
}
}
