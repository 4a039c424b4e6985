// The corners of words: where they go in the frame, and where they are in the sheet. Pixels, rows counted
// from the top.
in vec2 place;
in vec2 spot;
in vec4 shares;
out vec2 source;
flat out vec4 share;
uniform vec2 size; // of the frame
void main() {
  source = spot;
  share = shares;
  gl_Position = vec4(place.x / size.x * 2.0 - 1.0, 1.0 - place.y / size.y * 2.0, 0.0, 1.0);
}
