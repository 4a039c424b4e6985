// The picture's shaders. A triangle covers the target; `at` is 0 to 1 over it. The compositor's own, look and place, are the files that the
// window of the show is drawn with too; below are those that only a page needs. Row 0 of a frame is its top.

const HEAD = "#version 300 es\nprecision highp float;\nprecision highp int;\n";
const [CORNERS, LOOK, PLACE] = await Promise.all(["corners", "look", "place"].map(async (name) => (await fetch(`${name}.glsl`)).text()));

// Between the last two frames, at their own size.
const MIX = `
in vec2 at;
out vec4 colour;
uniform sampler2D before, after;
uniform float progress;
void main() { colour = vec4(mix(texture(before, at).rgb, texture(after, at).rgb, progress), 1.0); }`;

const SHRINK = `
in vec2 at;
out vec4 colour;
uniform sampler2D look;
uniform vec2 size;
void main() {
  vec3 sum = vec3(0.0);
  for (int y = 0; y < 6; y++) for (int x = 0; x < 6; x++)
    sum += texture(look, at + (vec2(float(x), float(y)) / 5.0 - 0.5) * 1.6 / size).rgb;
  colour = vec4(sum / 36.0, 1.0);
}`;

// The whole look inside a canvas of another shape: its edges melt into a glow of its own colours.
const GLOW = `
in vec2 at;
out vec4 colour;
uniform sampler2D look, small;
uniform vec2 scale;

vec3 soft(vec2 uv) {
  vec3 sum = vec3(0.0);
  for (int y = -2; y <= 2; y++) for (int x = -2; x <= 2; x++)
    sum += texture(small, uv + vec2(float(x), float(y)) * 0.055).rgb;
  return sum / 25.0;
}

void main() {
  vec2 uv = (at - 0.5) * scale + 0.5;
  vec2 edge = smoothstep(0.0, 0.16, uv) * smoothstep(0.0, 0.16, 1.0 - uv);
  float inside = (scale.x > 1.0001 ? edge.x : 1.0) * (scale.y > 1.0001 ? edge.y : 1.0);
  vec3 seen = texture(look, clamp(uv, 0.0, 1.0)).rgb;
  if (inside >= 0.999) { colour = vec4(seen, 1.0); return; }
  float away = length(max(vec2(0.0), abs(uv - 0.5) - 0.42));
  vec3 glow = soft(mix(at, clamp(uv, 0.0, 1.0), 0.5)) * 0.62 * exp(-1.6 * away);
  colour = vec4(mix(glow, seen, inside), 1.0);
}`;

const BODIES = { mix: MIX, look: LOOK, place: PLACE, shrink: SHRINK, glow: GLOW };

// The sources of a pass, with what it has to be able to do: names that its body asks for.
export const sources = (pass, can) => [HEAD + CORNERS, HEAD + can.map((name) => `#define ${name}\n`).join("") + BODIES[pass]];
