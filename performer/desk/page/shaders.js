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

// Enlarges with a Catmull-Rom filter in nine bilinear taps (Sigg and Hadwiger 2005, GPU Gems 2, chapter 20). Where the frame is smaller than
// the canvas its edges melt into a glow of its own colours.
export const SHOW = `
precision highp float;
varying vec2 at;
uniform sampler2D frame, small;
uniform vec2 size, scale;

vec3 sharp(vec2 uv) {
  vec2 spot = uv * size;
  vec2 centre = floor(spot - 0.5) + 0.5;
  vec2 f = spot - centre;
  vec2 w0 = f * (-0.5 + f * (1.0 - 0.5 * f));
  vec2 w1 = 1.0 + f * f * (-2.5 + 1.5 * f);
  vec2 w3 = f * f * (-0.5 + 0.5 * f);
  vec2 w12 = 1.0 - w0 - w3;
  vec2 p0 = (centre - 1.0) / size, p3 = (centre + 2.0) / size;
  vec2 p12 = (centre + 1.0 - w1 / w12) / size;
  vec3 top = texture2D(frame, vec2(p0.x, p0.y)).rgb * w0.x + texture2D(frame, vec2(p12.x, p0.y)).rgb * w12.x
    + texture2D(frame, vec2(p3.x, p0.y)).rgb * w3.x;
  vec3 middle = texture2D(frame, vec2(p0.x, p12.y)).rgb * w0.x + texture2D(frame, vec2(p12.x, p12.y)).rgb * w12.x
    + texture2D(frame, vec2(p3.x, p12.y)).rgb * w3.x;
  vec3 bottom = texture2D(frame, vec2(p0.x, p3.y)).rgb * w0.x + texture2D(frame, vec2(p12.x, p3.y)).rgb * w12.x
    + texture2D(frame, vec2(p3.x, p3.y)).rgb * w3.x;
  return clamp(top * w0.y + middle * w12.y + bottom * w3.y, 0.0, 1.0);
}

vec3 soft(vec2 uv) {
  vec3 sum = vec3(0.0);
  for (int y = -2; y <= 2; y++) for (int x = -2; x <= 2; x++)
    sum += texture2D(small, uv + vec2(float(x), float(y)) * 0.055).rgb;
  return sum / 25.0;
}

void main() {
  vec2 uv = (at - 0.5) * scale + 0.5;
  if (max(scale.x, scale.y) <= 1.0001) { gl_FragColor = vec4(sharp(uv), 1.0); return; }
  vec2 edge = smoothstep(0.0, 0.16, uv) * smoothstep(0.0, 0.16, 1.0 - uv);
  float inside = (scale.x > 1.0001 ? edge.x : 1.0) * (scale.y > 1.0001 ? edge.y : 1.0);
  if (inside >= 0.999) { gl_FragColor = vec4(sharp(uv), 1.0); return; }
  float away = length(max(vec2(0.0), abs(uv - 0.5) - 0.42));
  vec3 glow = soft(mix(at, clamp(uv, 0.0, 1.0), 0.5)) * 0.62 * exp(-1.6 * away);
  gl_FragColor = vec4(mix(glow, sharp(clamp(uv, 0.0, 1.0)), inside), 1.0);
}`;
