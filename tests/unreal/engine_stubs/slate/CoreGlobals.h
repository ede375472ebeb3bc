#pragma once

#include "CoreMinimal.h"

inline FString GEditorPerProjectIni = TEXT("EditorPerProjectUserSettings.ini");
