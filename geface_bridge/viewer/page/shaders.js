// GLSL of the viewer: linear blend skinning on the GPU, a studio of four lights, soft shadows.

const SKINNING = `#version 300 es
precision highp float;
layout(location = 0) in vec3 a_position;
layout(location = 1) in vec3 a_normal;
layout(location = 2) in vec2 a_uv;
layout(location = 3) in uvec4 a_joints;
layout(location = 4) in vec4 a_weights;
uniform highp sampler2D u_joints; // one row a joint, four texels: the columns of posed_from_rest

mat4 joint_matrix(uint joint) {
  int row = int(joint);
  return mat4(
    texelFetch(u_joints, ivec2(0, row), 0), texelFetch(u_joints, ivec2(1, row), 0),
    texelFetch(u_joints, ivec2(2, row), 0), texelFetch(u_joints, ivec2(3, row), 0));
}

mat4 skin_matrix() {
  vec4 w = a_weights / dot(a_weights, vec4(1.0));
  return w.x * joint_matrix(a_joints.x) + w.y * joint_matrix(a_joints.y)
       + w.z * joint_matrix(a_joints.z) + w.w * joint_matrix(a_joints.w);
}
`;

export const HEAD_VERTEX = `${SKINNING}
invariant gl_Position; // hair is drawn twice: where it is, then how it looks
uniform mat4 u_clip_from_rig;
uniform bool u_posed_normals; // a_normal is of the posed skin already
out vec3 v_position; // also captured by transform feedback, so that tests see what is drawn
out vec3 v_normal;
out vec3 v_rest;
out vec2 v_uv;

void main() {
  mat4 skin = skin_matrix();
  vec4 place = skin * vec4(a_position, 1.0);
  vec3 x = skin[0].xyz, y = skin[1].xyz, z = skin[2].xyz;
  mat3 turn = mat3(cross(y, z), cross(z, x), cross(x, y)); // bones scale: cofactors
  v_normal = u_posed_normals ? a_normal : turn * a_normal;
  v_position = place.xyz;
  v_rest = a_position;
  v_uv = a_uv;
  gl_Position = u_clip_from_rig * vec4(place.xyz, 1.0);
}`;

export const DEPTH_VERTEX = `${SKINNING}
uniform mat4 u_clip_from_rig;
invariant gl_Position;
out vec2 v_uv;
void main() {
  mat4 skin = skin_matrix();
  vec4 place = skin * vec4(a_position, 1.0);
  v_uv = a_uv;
  gl_Position = u_clip_from_rig * vec4(place.xyz, 1.0);
}`;

export const DEPTH_FRAGMENT = `#version 300 es
precision highp float;
in vec2 v_uv;
out vec4 o_color;
uniform sampler2D u_image;
uniform float u_cutoff; // alpha below which there is nothing; negative: opaque
void main() {
  o_color = vec4(1.0);
  if (u_cutoff < 0.0) return;
  float alpha = texture(u_image, v_uv).a;
  alpha = clamp((alpha - u_cutoff) / max(fwidth(alpha), 1e-4) + 0.5, 0.0, 1.0);
  if (alpha < 0.5 / 4.0) discard;
  o_color.a = alpha; // a hair's edge covers some of the pixel's samples
}`;

export const HEAD_FRAGMENT = `#version 300 es
precision highp float;
in vec3 v_position;
in vec3 v_normal;
in vec3 v_rest;
in vec2 v_uv;
out vec4 o_color;
uniform vec3 u_eye;
uniform vec4 u_color;
uniform sampler2D u_image;
uniform sampler2D u_surface; // red: open to the sky, green: roughness, blue: height
uniform bool u_mapped;       // whether u_surface says anything of this part
uniform float u_roughness;
uniform float u_specular;
uniform vec3 u_scatter;   // how far light wraps round the terminator, per colour
uniform float u_cavity;   // 1 for what lies inside the mouth, lit by less sky
uniform bool u_cut_out;   // alpha has been seen to
uniform highp sampler2DShadow u_shadow;
uniform mat4 u_shadow_from_rig;
uniform float u_texel;

const float PI = 3.14159265;
const float BUMP_M = 255.0 * 0.00002; // of a height of 1
const vec3 KEY = vec3(-0.47, 0.52, 0.71);
const vec3 FILL = vec3(0.83, 0.10, 0.55);
const vec3 RIM_LEFT = vec3(0.70, 0.35, -0.62);
const vec3 RIM_RIGHT = vec3(-0.72, 0.30, -0.62);

float shadow(vec3 normal) {
  vec3 place = (u_shadow_from_rig * vec4(v_position + normal * 0.0016, 1.0)).xyz * 0.5 + 0.5;
  float turn = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
  float lit = 0.0;
  for (int i = 0; i < 8; i++) { // a Vogel disc, turned per pixel
    float angle = 2.39996 * float(i) + 6.2831853 * turn;
    vec2 offset = sqrt((float(i) + 0.5) / 8.0) * vec2(cos(angle), sin(angle));
    lit += texture(u_shadow, vec3(place.xy + offset * u_texel * 3.5, place.z - 0.0012));
  }
  return lit / 8.0;
}

vec3 diffuse(vec3 normal, vec3 light) {
  vec3 lit = (dot(normal, light) + u_scatter) / (1.0 + u_scatter);
  return clamp(lit, 0.0, 1.0) / (PI * (1.0 + 0.5 * u_scatter));
}

float highlight(vec3 normal, vec3 light, vec3 view, float rough) { // GGX with Schlick's Fresnel
  vec3 h = normalize(light + view);
  float nl = max(dot(normal, light), 0.0), nv = max(dot(normal, view), 1e-3);
  float nh = max(dot(normal, h), 0.0);
  float a2 = pow(rough, 4.0);
  float d = nh * nh * (a2 - 1.0) + 1.0;
  float visible = 0.5 / (nl * sqrt(nv * nv * (1.0 - a2) + a2) + nv * sqrt(nl * nl * (1.0 - a2) + a2) + 1e-4);
  float fresnel = u_specular + (1.0 - u_specular) * pow(1.0 - max(dot(view, h), 0.0), 5.0);
  return nl * fresnel * visible * a2 / (PI * d * d);
}

float gloss(vec3 normal, vec3 light, vec3 view, float rough) { // skin has an oily lobe besides
  float wide = highlight(normal, light, view, rough);
  return u_mapped ? 0.8 * wide + 0.2 * highlight(normal, light, view, 0.6 * rough) : wide;
}

vec3 bumped(vec3 n, float height) { // Mikkelsen 2010, not steeper than skin is
  vec3 px = dFdx(v_position), py = dFdy(v_position);
  vec3 r1 = cross(py, n), r2 = cross(n, px);
  float area = dot(px, r1);
  vec3 slope = sign(area) * (dFdx(height) * r1 + dFdy(height) * r2);
  float steep = length(slope) / max(abs(area), 1e-12);
  return normalize(abs(area) * n - slope * min(1.0, 1.2 / max(steep, 1e-6)));
}

vec3 many_bounces(float open, vec3 albedo) { // Jimenez et al. 2016: occlusion glows like the skin
  vec3 a = 2.0404 * albedo - 0.3324, b = -4.7951 * albedo + 0.6417, c = 2.7552 * albedo + 0.6903;
  return max(vec3(open), ((open * a + b) * open + c) * open);
}

vec3 filmic(vec3 x) { // Narkowicz's fit of ACES
  return clamp(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0);
}

void main() {
  vec4 base = texture(u_image, v_uv) * u_color;
  vec3 smooth_normal = normalize(gl_FrontFacing ? v_normal : -v_normal);
  vec3 map = texture(u_surface, v_uv).rgb;
  vec3 normal = u_mapped ? bumped(smooth_normal, map.b * BUMP_M) : smooth_normal;
  float rough = u_mapped ? clamp(map.g, 0.2, 0.95) : u_roughness;
  vec3 open = u_mapped ? many_bounces(map.r, base.rgb) : vec3(1.0 - 0.72 * u_cavity);
  vec3 soft = normalize(mix(smooth_normal, normal, 0.5)); // light inside the skin blurs its relief
  vec3 view = normalize(u_eye - v_position);
  float lit = shadow(smooth_normal);
  vec3 key_tint = pow(vec3(lit), 1.0 / (1.0 + 1.2 * u_scatter)); // shadows on skin end in red
  vec3 key = vec3(1.0, 0.92, 0.82) * 3.3, fill = vec3(0.58, 0.72, 1.0) * 0.75;
  vec3 rim = vec3(0.62, 0.78, 1.0) * 1.15 * (1.0 - u_cavity);
  vec3 sky = mix(vec3(0.085, 0.07, 0.065), vec3(0.25, 0.27, 0.32), 0.5 + 0.5 * normal.y);
  vec3 light = diffuse(soft, KEY) * key * key_tint + diffuse(soft, FILL) * fill * open
             + (diffuse(soft, RIM_LEFT) + diffuse(soft, RIM_RIGHT)) * rim + sky * open * 0.9;
  light *= mix(vec3(1.0), open, 0.4);
  float edge = pow(1.0 - max(dot(normal, view), 0.0), 4.0);
  vec3 shine = gloss(normal, KEY, view, rough) * key * lit + gloss(normal, FILL, view, rough) * fill
             + (gloss(normal, RIM_LEFT, view, rough) + gloss(normal, RIM_RIGHT, view, rough)) * rim
             + sky * edge * 0.2 * (1.0 - u_cavity);
  shine *= open.g;
  vec3 color = filmic((base.rgb * light + shine) * 0.95);
  float alpha = u_cut_out ? 1.0 : base.a; // the samples that a hair covers, it covers
  o_color = vec4(pow(color, vec3(1.0 / 2.2)) * alpha, alpha);
}`;

export const LINE_VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec3 a_position;
uniform mat4 u_clip_from_rig;
void main() {
  gl_Position = u_clip_from_rig * vec4(a_position, 1.0);
  gl_PointSize = 5.0;
}`;

export const LINE_FRAGMENT = `#version 300 es
precision mediump float;
uniform vec4 u_color;
out vec4 o_color;
void main() { o_color = vec4(u_color.rgb * u_color.a, u_color.a); }`;
