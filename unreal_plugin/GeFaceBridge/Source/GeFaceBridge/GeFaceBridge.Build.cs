using System.IO;
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
        // Profiles have to be in packaged games; in the plugin's own repository they are not there.
        if (Directory.Exists(Path.Combine(PluginDirectory, "Resources", "Profiles")))
        {
            RuntimeDependencies.Add("$(PluginDir)/Resources/Profiles/*.json");
        }
    }
}
