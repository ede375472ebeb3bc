#version 330 core
// Posed vertices come from the CPU; the camera and the room's smooth light are left to do.
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in vec2 uv;

uniform mat4 clip_from_rig;
uniform vec3 camera;
uniform float set_back;  // metres away from the camera, which the picture does not show

out vec3 place;   // rig frame, metres
out vec3 facing;  // normal, rig frame
out vec2 texel;

#ifdef ROOM
uniform vec3 irradiance[9];  // of the room, convolved with a cosine, / pi
out vec3 from_room;          // on this place, before occlusion

vec3 harmonics(vec3 c[9], vec3 n) {
    return c[0] + c[1] * n.y + c[2] * n.z + c[3] * n.x + c[4] * (n.x * n.y) + c[5] * (n.y * n.z)
         + c[6] * (3.0 * n.z * n.z - 1.0) + c[7] * (n.x * n.z) + c[8] * (n.x * n.x - n.y * n.y);
}
#endif

void main() {
    place = position;
    facing = normal;
    texel = uv;
#ifdef ROOM
    from_room = harmonics(irradiance, normal);
#endif
    vec3 farther = position;
    if (set_back > 0.0) farther += set_back * normalize(position - camera);
    gl_Position = clip_from_rig * vec4(farther, 1.0);
}
