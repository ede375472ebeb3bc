using UnrealBuildTool;

// What a person sees of the plugin: the panel behind "Add source" in the Live Link window.
public class GeFaceBridgeEditor : ModuleRules
{
    public GeFaceBridgeEditor(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        PrivateDependencyModuleNames.AddRange(new[]
        {
            "Core", "CoreUObject", "DesktopPlatform", "Engine", "GeFaceBridge", "GeFaceCore", "InputCore",
            "LiveLinkInterface", "Slate", "SlateCore",
        });
    }
}
