// The compositor's first pass: the picture folded, turned, enlarged, blurred, and laid over what this pass painted before.
// The body is the same for OpenGL 3.3 and for WebGL 2; whoever compiles it writes above it the version, and a #define for each of
// SMOOTH, FOLDED, BLURRED and TRAIL that is wanted: what is not, costs nothing. Row 0 of `frame` is its top. Lengths are heights of the target.
in vec2 at;
out vec4 colour;
uniform sampler2D frame, trail;
uniform float aspect;      // of the target: width / height
uniform float whole;       // 1: the whole frame is stretched over the target; 0: it covers the target, and what is over is cut off
uniform vec2 mirror;       // 1 where the left half (x) or the upper half (y) is shown on both sides
uniform float segments;    // of the kaleidoscope; 0: none
uniform float zoom, angle; // of the picture; radians
uniform float blur;        // the level of detail that is left: each whole number halves the resolution
uniform vec3 feedback;     // the share of what was painted before that stays, how far it is enlarged and turned on its way

vec2 turned(vec2 p, float angle) { return mat2(cos(angle), sin(angle), -sin(angle), cos(angle)) * p; }

#if defined(SMOOTH) || defined(BLURRED)
// A cubic B-spline in four bilinear taps (Sigg and Hadwiger 2005, GPU Gems 2, chapter 20): soft as paint, no pixel to be seen.
vec3 enlarged(vec2 uv, int level) {
  vec2 size = vec2(textureSize(frame, level));
  float lod = float(level);
  vec2 spot = uv * size - 0.5;
  vec2 f = fract(spot);
  vec2 centre = floor(spot) + 0.5;
  vec2 f2 = f * f, f3 = f2 * f;
  vec2 left = (5.0 - 3.0 * f - 3.0 * f2 + 2.0 * f3) / 6.0; // weights of the first and second of four pixels together
  vec2 p0 = (centre + (4.0 - 6.0 * f2 + 3.0 * f3) / 6.0 / left - 1.0) / size;
  vec2 p1 = (centre + f3 / 6.0 / (1.0 - left) + 1.0) / size;
  vec3 above = mix(textureLod(frame, vec2(p1.x, p0.y), lod).rgb, textureLod(frame, p0, lod).rgb, left.x);
  vec3 below = mix(textureLod(frame, p1, lod).rgb, textureLod(frame, vec2(p0.x, p1.y), lod).rgb, left.x);
  return mix(below, above, left.y);
}
#endif

vec3 seen(vec2 uv) {
#if defined(BLURRED)
  int level = int(blur);
  return mix(enlarged(uv, level), enlarged(uv, level + 1), blur - float(level));
#elif defined(SMOOTH)
  return enlarged(uv, 0);
#else
  return texture(frame, uv).rgb;
#endif
}

void main() {
  vec2 shape = vec2(aspect, 1.0);
  vec2 centred = (at - 0.5) * shape, p = centred;
#ifdef FOLDED
  p = vec2(mirror.x > 0.5 ? -abs(p.x) : p.x, mirror.y > 0.5 ? abs(p.y) : p.y);
  if (segments > 0.5) {
    float wedge = 6.2831853 / segments;
    float turn = abs(mod(atan(p.x, p.y), wedge) - 0.5 * wedge);
    p = length(p) * vec2(sin(turn), cos(turn));
  }
#endif
  p = turned(p, -angle) / zoom;
  vec2 size = vec2(textureSize(frame, 0));
  float height = max(1.0, aspect * size.y / size.x);
  vec2 covered = whole > 0.5 ? shape : vec2(height * size.x / size.y, height);
  vec2 uv = vec2(0.5 + p.x / covered.x, 0.5 - p.y / covered.y);
  vec3 light = seen(abs(mod(uv + 1.0, 2.0) - 1.0)); // beyond its edges the picture goes on as in a mirror
#ifdef TRAIL
  vec3 before = texture(trail, turned(centred / feedback.y, -feedback.z) / shape + 0.5).rgb;
  float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5; // without it eight bits never let go
  light = mix(light, before, feedback.x) + grain / 255.0;
#endif
  colour = vec4(light, 1.0);
}
