// Where profiles lie on the disk.
#pragma once

#include "CoreMinimal.h"

#include "GeFaceCore/Profile.h"

namespace GeFace
{
// Reads a profile by its path, or by its name, with or without .json, in the project's folder, in
// Profiles below it, or in Resources/Profiles of the plugin. False if there is none or it is none:
// Error then says what was wrong, or where it was looked for.
GEFACEBRIDGE_API bool LoadProfile(const FString& NameOrPath, geface::Profile& Profile, FString& Error);

// Names of the profiles that came with the plugin, in order.
GEFACEBRIDGE_API TArray<FString> ShippedProfiles();
}
