"""The Unreal plugin: ``GeFaceBridge/`` is what the engine builds, ``build.py`` hands it out."""
