// Makes the core a module of the engine; the one file here that knows the engine.
#include "Modules/ModuleManager.h"

IMPLEMENT_MODULE(FDefaultModuleImpl, GeFaceCore)
