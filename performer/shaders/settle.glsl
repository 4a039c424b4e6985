// What the guard needs. With CELLS: each pixel is the mean of a cell of the picture. Without: the picture
// only `share` of the way.
in vec2 at;
out vec4 colour;
uniform sampler2D picture, before;
uniform float share;
uniform vec2 cells; // how many there are
void main() {
#ifdef CELLS
  vec3 sum = vec3(0.0);
  for (int y = 0; y < 8; y++)
    for (int x = 0; x < 8; x++) {
      vec2 spot = floor(gl_FragCoord.xy) + (vec2(x, y) + 0.5) / 8.0;
      sum += texture(picture, spot / cells).rgb;
    }
  colour = vec4(sum / 64.0, 1.0);
#else
  colour = vec4(mix(texture(before, at).rgb, texture(picture, at).rgb, share), 1.0);
#endif
}
