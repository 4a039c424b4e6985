// The compositor's second pass: the picture on its four corners, its edges faded, its grey steps as the projector needs them.
// Compiled like the first, with a #define for each of PINNED and SHADED that is wanted.
in vec2 at;
out vec4 colour;
uniform sampler2D look;
uniform mat3 pin;     // from the display to the picture, both 0 to 1 from the lower left, in homogeneous coordinates
uniform vec4 edge;    // the share of the picture over which each edge fades: left, right, top, bottom
uniform float gamma;

void main() {
  vec2 uv = at;
  float shade = 1.0;
#ifdef PINNED
  vec3 spot = pin * vec3(at, 1.0);
  uv = spot.xy / spot.z;
  vec2 depth = 0.5 - abs(uv - 0.5); // inside the picture, from the nearest edge
  vec2 rim = clamp(depth / max(fwidth(uv), vec2(1e-6)) + 0.5, 0.0, 1.0); // the rim of a quad that stands at an angle is smooth
  shade = rim.x * rim.y * step(0.0, spot.z);
  uv = clamp(uv, 0.0, 1.0);
#endif
  vec3 light = texture(look, uv).rgb;
#ifdef SHADED
  vec4 from = clamp(vec4(uv.x, 1.0 - uv.x, 1.0 - uv.y, uv.y) / max(edge, vec4(1e-6)), 0.0, 1.0);
  light = pow(light, vec3(1.0 / gamma)) * pow(from.x * from.y * from.z * from.w, 1.0 / 2.2); // in light: two projectors that overlap add up
#endif
  colour = vec4(light * shade, 1.0);
}
