using UnrealBuildTool;

// The engine-free core: plain C++17 but for GeFaceCoreModule.cpp.
public class GeFaceCore : ModuleRules
{
    public GeFaceCore(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.NoPCHs;
        PrivateDependencyModuleNames.Add("Core");
    }
}
