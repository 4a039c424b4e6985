// One triangle over the whole target; `at` is 0 to 1 over it, from the lower left.
in vec2 corner;
out vec2 at;
void main() {
  at = corner * 0.5 + 0.5;
  gl_Position = vec4(corner, 0.0, 1.0);
}
