// The picture's shaders. A triangle covers the target; `at` is 0 to 1 over it.

export const VERTEX = `
attribute vec2 corner;
varying vec2 at;
void main() { at = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.0, 1.0); }`;

export const MIX = `
precision mediump float;
varying vec2 at;
uniform sampler2D before, after;
uniform float progress;
void main() { gl_FragColor = vec4(mix(texture2D(before, at).rgb, texture2D(after, at).rgb, progress), 1.0); }`;

export const SHRINK = `
precision mediump float;
varying vec2 at;
uniform sampler2D frame;
uniform vec2 size;
void main() {
  vec3 sum = vec3(0.0);
  for (int y = 0; y < 6; y++) for (int x = 0; x < 6; x++)
    sum += texture2D(frame, at + (vec2(float(x), float(y)) / 5.0 - 0.5) * 1.6 / size).rgb;
  gl_FragColor = vec4(sum / 36.0, 1.0);
}`;

// Enlarges with a cubic B-spline in four bilinear taps (Sigg and Hadwiger 2005, GPU Gems 2, chapter 20): soft as paint, no pixel to be seen.
// Where the frame is smaller than the canvas its edges melt into a glow of its own colours.
export const SHOW = `
precision highp float;
varying vec2 at;
uniform sampler2D frame, small;
uniform vec2 size, scale;

vec3 enlarged(vec2 uv) {
  vec2 spot = uv * size - 0.5;
  vec2 f = fract(spot);
  vec2 centre = floor(spot) + 0.5;
  vec2 f2 = f * f, f3 = f2 * f;
  vec2 left = (5.0 - 3.0 * f - 3.0 * f2 + 2.0 * f3) / 6.0;  // weights of the first and second of four pixels together
  vec2 p0 = (centre + (4.0 - 6.0 * f2 + 3.0 * f3) / 6.0 / left - 1.0) / size;
  vec2 p1 = (centre + f3 / 6.0 / (1.0 - left) + 1.0) / size;
  vec3 top = mix(texture2D(frame, vec2(p1.x, p0.y)).rgb, texture2D(frame, p0).rgb, left.x);
  vec3 bottom = mix(texture2D(frame, p1).rgb, texture2D(frame, vec2(p0.x, p1.y)).rgb, left.x);
  return mix(bottom, top, left.y);
}

vec3 soft(vec2 uv) {
  vec3 sum = vec3(0.0);
  for (int y = -2; y <= 2; y++) for (int x = -2; x <= 2; x++)
    sum += texture2D(small, uv + vec2(float(x), float(y)) * 0.055).rgb;
  return sum / 25.0;
}

void main() {
  vec2 uv = (at - 0.5) * scale + 0.5;
  if (max(scale.x, scale.y) <= 1.0001) { gl_FragColor = vec4(enlarged(uv), 1.0); return; }
  vec2 edge = smoothstep(0.0, 0.16, uv) * smoothstep(0.0, 0.16, 1.0 - uv);
  float inside = (scale.x > 1.0001 ? edge.x : 1.0) * (scale.y > 1.0001 ? edge.y : 1.0);
  if (inside >= 0.999) { gl_FragColor = vec4(enlarged(uv), 1.0); return; }
  float away = length(max(vec2(0.0), abs(uv - 0.5) - 0.42));
  vec3 glow = soft(mix(at, clamp(uv, 0.0, 1.0), 0.5)) * 0.62 * exp(-1.6 * away);
  gl_FragColor = vec4(mix(glow, enlarged(clamp(uv, 0.0, 1.0)), inside), 1.0);
}`;
