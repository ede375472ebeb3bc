#version 330 core
// Parsing labels, one a pixel: no antialiasing, so that no two mix.
in vec3 place;
in vec3 facing;
in vec2 texel;

uniform sampler2D labels;
uniform float label;  // index / 255
uniform float iris;   // likewise
#ifdef CUT_OUT
uniform sampler2D picture;
#endif

out vec4 colour;

void main() {
#ifdef CUT_OUT
    if (texture(picture, texel).a < 0.5) discard;
#endif
    float value = label;
#ifdef TEXTURED
    value = texture(labels, texel).r;
#endif
#ifdef IRIS
    if (texel.y > 0.775) value = iris;  // the polar picture runs from the back to the pupil
#endif
    colour = vec4(value, 0.0, 0.0, 1.0);
}
