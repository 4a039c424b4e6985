// One layer over what is below it. Compiled with a #define for one of WORDS, IMAGE and COPY (below, as it
// is); `layers.py` computes the same numbers.
// With ALONE, the layer comes out by itself: premultiplied, with its alpha.
in vec2 at;
out vec4 colour;
uniform sampler2D below, layer;
uniform int blend;     // the place of its name in `layers.BLENDS`
uniform float opacity;
uniform vec3 fill, outline, shade, ember; // colours of the ink
uniform vec3 strength; // of letter, outline and shade

vec4 content() { // premultiplied
#if defined(WORDS)
  vec4 cover = texture(layer, at);
  vec2 letter = cover.ba * strength.x;
  float top = min(1.0, letter.x + letter.y);
  float line = cover.g * strength.y * (1.0 - top);
  float soft = cover.r * strength.z * (1.0 - cover.g * strength.y) * (1.0 - top);
  vec3 lit = min(vec3(1.0), fill * letter.x + ember * letter.y);
  return vec4(lit + outline * line + shade * soft, top + line + soft);
#elif defined(IMAGE)
  vec4 texel = texture(layer, vec2(at.x, 1.0 - at.y));
  return vec4(texel.rgb * texel.a, texel.a);
#else
  return vec4(0.0);
#endif
}

vec3 blended(vec3 d, vec3 s) {
  if (blend == 1) return min(vec3(1.0), d + s);
  if (blend == 2) return 1.0 - (1.0 - d) * (1.0 - s);
  if (blend == 3) return d * s;
  if (blend == 4) return abs(d - s);
  if (blend == 5) return max(d, s);
  return s;
}

void main() {
  vec4 source = content();
#if defined(ALONE)
  colour = source * opacity;
#elif defined(COPY)
  colour = vec4(texture(below, at).rgb, 1.0);
#else
  vec3 light = texture(below, at).rgb;
  vec3 pure = source.rgb / max(source.a, 1e-6);
  colour = vec4(mix(light, blended(light, min(vec3(1.0), pure)), source.a * opacity), 1.0);
#endif
}
