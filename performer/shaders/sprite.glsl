// How much shade, outline, letter and ember of a word cover each pixel; `coverage.py` computes the same
// numbers.
in vec2 source;
flat in vec4 share; // opacity of the letters, grains, burnt, opacity of the shade
out vec4 cover;
uniform sampler2D sheet, grain;
uniform float soft, ember; // shares of the grain's range over which a pixel comes, and glows

void main() {
  vec3 planes = texture(sheet, source / vec2(textureSize(sheet, 0))).rgb;
  vec2 kept = vec2(share.x, 0.0);
  if (share.y < 1.0 || share.z < 1.0) {
    float noise = texelFetch(grain, ivec2(floor(source)) & (textureSize(grain, 0) - 1), 0).r;
    float fire = share.z * (1.0 + soft + ember) - noise;
    kept.x *= clamp((share.y * (1.0 + soft) - noise) / soft, 0.0, 1.0) * clamp(fire / soft, 0.0, 1.0);
    if (share.z < 1.0) kept.y = 1.0 - clamp((fire - soft) / ember, 0.0, 1.0);
  }
  cover = vec4(planes.r * share.w, planes.g * kept.x, planes.b * kept.x * vec2(1.0 - kept.y, kept.y));
}
