#version 330 core
// Light on skin, eyes, hair, mouth and cloth, in linear units; the camera's curve comes later.
//
// Sources: GGX (Walter et al. 2007) with Schlick's Fresnel and the joint Smith term of Heitz 2014;
// wrapped, per-channel diffuse with blended normals as a stand-in for subsurface scattering (Green
// 2004; Penner 2011; Hable 2009); bumps from height by screen derivatives (Mikkelsen 2010);
// occlusion tinted by the albedo (Jimenez et al. 2016); light of the room as nine spherical
// harmonics (Ramamoorthi and Hanrahan 2001); hair after Kajiya and Kay 1989, Scheuermann 2004.
in vec3 place;
in vec3 facing;
in vec2 texel;
in vec3 from_room;

const float PI = 3.14159265;
const int LIGHTS = LIGHT_COUNT;

uniform vec3 camera;
uniform vec3 towards[LIGHTS];   // unit vectors to the lights
uniform vec3 brightness[LIGHTS];  // irradiance / pi
uniform float breadth[LIGHTS];  // 0 a point, 1 as wide as the face is far
uniform vec3 radiance[9];       // of the room
uniform sampler2D picture;      // albedo
uniform float roughness;
uniform mat4 shadow_from_rig;
uniform sampler2D shadows;     // mean depth, mean square

out vec4 colour;

vec3 harmonics(vec3 c[9], vec3 n) {
    return c[0] + c[1] * n.y + c[2] * n.z + c[3] * n.x + c[4] * (n.x * n.y) + c[5] * (n.y * n.z)
         + c[6] * (3.0 * n.z * n.z - 1.0) + c[7] * (n.x * n.z) + c[8] * (n.x * n.x - n.y * n.y);
}

// sRGB to linear, within 0.002: several times faster in software GL than sRGB textures' own.
vec3 linear(vec3 c) { return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878); }

float lit_share(vec3 n) {  // of the key light that reaches this place: Chebyshev's bound
#ifdef SHADOWS
    vec3 at = (shadow_from_rig * vec4(place + 0.0015 * n, 1.0)).xyz * 0.5 + 0.5;
    vec2 moments = texture(shadows, at.xy).xy;
    float behind = at.z - moments.x - 0.0015;
    float variance = max(moments.y - moments.x * moments.x, 2e-6);
    float bound = variance / (variance + behind * behind);
    return behind <= 0.0 ? 1.0 : smoothstep(0.2, 1.0, bound);
#endif
#ifndef SHADOWS
    return 1.0;
#endif
}

float lobe(float rough, float nl, float nv, float nh) {  // GGX with its visibility
    float a2 = rough * rough * rough * rough;
    float d = nh * nh * (a2 - 1.0) + 1.0;
    float v = nl * sqrt(nv * nv * (1.0 - a2) + a2) + nv * sqrt(nl * nl * (1.0 - a2) + a2);
    return a2 / (PI * d * d) * 0.5 / max(v, 1e-4);
}

float fresnel(float f0, float cosine) { return f0 + (1.0 - f0) * pow(clamp(1.0 - cosine, 0.0, 1.0), 5.0); }

vec3 wrapped(float nl, vec3 w) { return max((nl + w) / ((1.0 + w) * (1.0 + w)), 0.0); }

vec3 many_bounces(float open, vec3 albedo) {
    vec3 a = 2.0404 * albedo - 0.3324, b = -4.7951 * albedo + 0.6417, c = 2.7552 * albedo + 0.6903;
    return max(vec3(open), ((open * a + b) * open + c) * open);
}

float room_mirror(float rough, float nv) {  // share mirrored at f0 .028 (Karis 2014)
    vec4 r = rough * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a = min(r.x * r.x, exp2(-9.28 * nv)) * r.x + r.y;
    vec2 ab = vec2(-1.04, 1.04) * a + r.zw;
    return 0.028 * ab.x + ab.y;
}

#ifdef SKIN
uniform sampler2D surface;  // occlusion, roughness, height
uniform float bump_m;       // height of one unit of the picture's blue

vec3 bumped(vec3 n, float height) {
    vec3 px = dFdx(place), py = dFdy(place);
    vec3 r1 = cross(py, n), r2 = cross(n, px);
    float area = dot(px, r1);
    vec3 slope = sign(area) * (dFdx(height) * r1 + dFdy(height) * r2);
    float steep = length(slope) / max(abs(area), 1e-12);
    return normalize(abs(area) * n - slope * min(1.0, 1.2 / max(steep, 1e-6)));
}

vec3 shade(vec3 n, vec3 v, vec4 albedo, float key) {
    vec3 map = texture(surface, texel, 0.6).rgb;  // a smoother level: slopes show texels
    vec3 fine = bumped(n, map.b * bump_m);
    float rough = clamp(map.g, 0.2, 0.95), nv = max(dot(fine, v), 0.05);
    vec3 open = many_bounces(map.r, albedo.rgb);
    vec3 out_light = albedo.rgb * open * from_room * (1.0 + 0.5 * (fine.y - n.y));
    vec3 r = reflect(-v, fine);
    float seen = map.r * map.r * mix(0.3, 1.0, smoothstep(-0.7, 0.2, r.y));  // the chest is dark
    out_light += max(harmonics(radiance, r), 0.0) * room_mirror(rough, max(nv, 0.22)) * seen;
    vec3 reach = mix(vec3(1.0), open, 0.6);
    for (int i = 0; i < LIGHTS; ++i) {
        float share = i == 0 ? key : 1.0;
        vec3 scatter = vec3(0.28, 0.13, 0.08) + 0.12 * breadth[i];
        vec3 nl = vec3(dot(mix(n, fine, 0.35), towards[i]), dot(mix(n, fine, 0.7), towards[i]),
                       dot(fine, towards[i]));
        vec3 soft = vec3(pow(share, 0.7), share, share);  // red light seeps into the penumbra
        vec3 diffuse = max((nl + scatter) / ((1.0 + scatter) * (1.0 + scatter)), 0.0) * soft;
        vec3 h = normalize(v + towards[i]);
        float wide = min(1.0, rough + 0.15 * breadth[i]), nh = clamp(dot(fine, h), 0.0, 1.0);
        float gloss = 0.7 * lobe(wide, max(nl.b, 0.0), nv, nh)
                    + 0.15 * lobe(0.6 * wide, max(nl.b, 0.0), nv, nh);
        gloss *= fresnel(0.028, max(dot(h, v), 0.0)) * max(nl.b, 0.0) * share * PI * map.r;
        out_light += brightness[i] * (albedo.rgb * reach * diffuse + gloss);
    }
    return out_light;
}
#endif

#ifdef EYE
uniform vec3 lid_curve[4];  // upper lid of the left and right eye, lower lids: y = a + b x + c x²
uniform mat4 head_from_rig;
uniform vec3 pane_across[LIGHTS];  // the lights' own axes, scaled by their size

float pane(vec3 r, int i) {  // how bright light i, a window, is where a mirrored ray meets it
    float along = dot(r, towards[i]), reach = 0.07 + 0.26 * breadth[i];
    vec2 at = vec2(dot(r, pane_across[i]), dot(r, cross(towards[i], pane_across[i])));
    vec2 edge = smoothstep(vec2(1.15), vec2(0.85), abs(at) / (reach * max(along, 0.01)));
    float bars = i == 0 && breadth[0] > 0.4 ? smoothstep(0.008, 0.02, abs(at.x)) : 1.0;
    return along > 0.0 ? edge.x * edge.y * bars * PI / (4.0 * reach * reach) : 0.0;
}

vec3 shade(vec3 n, vec3 v, vec4 albedo, float key) {
    vec3 at = mat3(head_from_rig) * place;
    int side = at.x > 0.0 ? 0 : 1;
    vec3 up = lid_curve[side], low = lid_curve[side + 2];
    float below = up.x + (up.y + up.z * at.x) * at.x - at.y;
    float above = at.y - low.x - (low.y + low.z * at.x) * at.x;
    float open = mix(0.30, 1.0, smoothstep(-0.001, 0.0045, below));
    open *= mix(0.55, 1.0, smoothstep(-0.001, 0.0025, above));
    vec3 mirror = reflect(-v, n);
    float f = fresnel(0.025, max(dot(n, v), 0.0));
    vec3 out_light = albedo.rgb * open * from_room;
    out_light += max(harmonics(radiance, mirror), 0.0) * f * open;
    for (int i = 0; i < LIGHTS; ++i) {
        float share = (i == 0 ? mix(key, 1.0, 0.25) : 1.0) * open;
        vec3 diffuse = wrapped(dot(n, towards[i]), vec3(0.30, 0.22, 0.20));
        out_light += brightness[i] * share * (albedo.rgb * diffuse + 1.8 * f * pane(mirror, i));
    }
    return out_light;
}
#endif

#ifdef HAIR
vec3 along_strand(vec3 n) {
    vec3 t = dFdy(place) * dFdx(texel.x) - dFdx(place) * dFdy(texel.x);
    t -= n * dot(n, t);
    return t / max(length(t), 1e-9);
}

float strand_gloss(vec3 t, vec3 h, float power) {
    float th = dot(t, h);
    return pow(max(1.0 - th * th, 0.0), 0.5 * power) * smoothstep(-1.0, 0.0, th);
}

vec3 shade(vec3 n, vec3 v, vec4 albedo, float key) {
    vec3 t = along_strand(n);
    float strand = albedo.g - 0.5 * (albedo.r + albedo.b) + fract(texel.x * 61.0) * 0.1;
    float open = mix(0.45, 1.0, smoothstep(0.0, 0.7, texel.y));  // dark between the roots
    vec3 out_light = (albedo.rgb + 0.02) * from_room * open;
    for (int i = 0; i < LIGHTS; ++i) {
        float share = (i == 0 ? key : 1.0) * open, nl = dot(n, towards[i]), tl = dot(t, towards[i]);
        float diffuse = 0.75 * max((nl + 0.3) / 1.69, 0.0) * sqrt(max(1.0 - tl * tl, 0.0))
                      + 0.25 * max(nl, 0.0);
        vec3 h = normalize(v + towards[i]);
        vec3 gloss = vec3(0.07) * strand_gloss(normalize(t + (0.08 + strand) * n), h, 70.0)
                   + 0.8 * albedo.rgb * strand_gloss(normalize(t - 0.10 * n), h, 18.0);
        gloss *= smoothstep(-0.2, 0.5, nl);
        out_light += brightness[i] * share * (albedo.rgb * diffuse + gloss);
    }
    return out_light;
}
#endif

#ifdef PLAIN
uniform vec3 mouth;         // middle of the lips
uniform vec3 mouth_inward;  // unit vector into the mouth
uniform float mouth_dark;   // per metre behind the lips; 0 for what is not in the mouth
uniform float sheen;        // wet or polished: strength of the mirrored light

vec3 shade(vec3 n, vec3 v, vec4 albedo, float key) {
    float behind = max(dot(place - mouth, mouth_inward), 0.0);
    float open = 0.07 + 0.93 * exp(-mouth_dark * behind);
    float nv = max(dot(n, v), 0.05);
    vec3 out_light = albedo.rgb * open * from_room;
    vec3 mirror = max(harmonics(radiance, reflect(-v, n)), 0.0);
    out_light += sheen * mirror * room_mirror(roughness, nv) * open;
    for (int i = 0; i < LIGHTS; ++i) {
        float share = (i == 0 ? key : 1.0) * open, nl = max(dot(n, towards[i]), 0.0);
        vec3 h = normalize(v + towards[i]);
        float wide = min(1.0, roughness + 0.25 * breadth[i]);
        float gloss = lobe(wide, nl, nv, clamp(dot(n, h), 0.0, 1.0)) * nl * PI;
        gloss *= sheen * fresnel(0.035, max(dot(h, v), 0.0));
        vec3 diffuse = wrapped(dot(n, towards[i]), vec3(0.12 + 0.2 * breadth[i]));
        out_light += brightness[i] * share * (albedo.rgb * diffuse + gloss);
    }
    return out_light;
}
#endif

#ifdef CUT_OUT
float least_alpha() {  // of a strand's soft edge so many of a pixel's four samples are covered
#ifdef SOFT_EDGES
    ivec2 at = ivec2(gl_FragCoord.xy) & 1;
    int turn = int(texel.x * 37.0) + int(texel.y * 29.0);  // not all strands cover the same ones
    int sample_rank = (2 * at.x + (at.x ^ at.y) + turn) & 3;
    return min(0.125 + 0.25 * float(sample_rank), 0.5);
#endif
#ifndef SOFT_EDGES
    return 0.5;
#endif
}
#endif

void main() {
    vec4 albedo = texture(picture, texel);
#ifdef CUT_OUT
    if (albedo.a < least_alpha()) discard;
#endif
    albedo.rgb = linear(albedo.rgb);
    vec3 n = normalize(facing), v = normalize(camera - place);
    if (dot(n, v) < 0.0 && !gl_FrontFacing) n = -n;
    vec3 light = shade(n, v, albedo, lit_share(n));
    light = min(light, vec3(6.0));
#ifdef BLENDED
    colour = vec4(light * albedo.a, albedo.a);
#endif
#ifndef BLENDED
    colour = vec4(light, 1.0);
#endif
}
