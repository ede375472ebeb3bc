using UnrealBuildTool;

// The Live Link source. No Slate: it is there in packaged games too.
public class GeFaceBridge : ModuleRules
{
    public GeFaceBridge(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        PublicDependencyModuleNames.AddRange(new string[] {
            "Core",
            "CoreUObject",
            "Engine",
            "GeFaceCore",
            "LiveLinkAnimationCore",
            "LiveLinkInterface",
        });
        PrivateDependencyModuleNames.AddRange(new string[] {
            "Projects",
            "WebSockets",
        });
    }
}
