#include "GeFaceLastConnection.h"

#include "CoreGlobals.h"
#include "CoreMinimal.h"
#include "Misc/ConfigCacheIni.h"

#include "GeFaceText.h"

namespace GeFace
{
static const TCHAR* const ConfigSection = TEXT("GeFaceBridge");
static const TCHAR* const ConfigKey = TEXT("Connection");

geface::Connection LastConnection()
{
    FString Text;
    std::string Error;
    if (!GConfig->GetString(ConfigSection, ConfigKey, Text, GEditorPerProjectIni))
    {
        return {};
    }
    return geface::ParseConnection(ToUtf8(Text), Error).value_or(geface::Connection{});
}

void KeepConnection(geface::Connection Connection)
{
    Connection.token.clear();
    const FString Text = FromUtf8(geface::ConnectionText(Connection));
    GConfig->SetString(ConfigSection, ConfigKey, *Text, GEditorPerProjectIni);
    GConfig->Flush(false, GEditorPerProjectIni);
}
}
