#version 330 core
// Posed vertices come from the CPU; only the camera is left to do.
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in vec2 uv;

uniform mat4 clip_from_rig;

out vec3 place;   // rig frame, metres
out vec3 facing;  // normal, rig frame
out vec2 texel;

void main() {
    place = position;
    facing = normal;
    texel = uv;
    gl_Position = clip_from_rig * vec4(position, 1.0);
}
