#version 330 core
// Depth alone: what the key light sees. Hair lets light through where its picture is clear.
in vec2 texel;
uniform sampler2D picture;

void main() {
#ifdef CUT_OUT
    if (texture(picture, texel).a < 0.5) discard;
#endif
}
