// Paints with WebGL in three passes: mix the last two frames at their own size, shrink the mix to its colours, show it large and smooth.
// A frame that comes early starts its fade from the mix that is seen, so nothing ever jumps.
import { MIX, SHOW, SHRINK, VERTEX } from "./shaders.js";

const SMALL = 16; // the side of the shrunken picture, in pixels

export class GlPainter {
  constructor(gl, fit) {
    this.gl = gl;
    this.fit = fit;
    this.restore();
  }

  // Build everything; again after the context was lost.
  restore() {
    const gl = this.gl;
    this.programs = { mix: this.#program(MIX), shrink: this.#program(SHRINK), show: this.#program(SHOW) };
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, true);
    this.to = this.#texture();
    this.from = this.#target(1, 1);
    this.now = this.#target(1, 1);
    this.small = this.#target(SMALL, SMALL);
    this.size = [1, 1];
  }

  take(bitmap) {
    const gl = this.gl;
    if (gl.isContextLost()) return;
    const first = bitmap.width !== this.size[0] || bitmap.height !== this.size[1];
    if (first) {
      this.size = [bitmap.width, bitmap.height];
      this.from = this.#target(...this.size, this.from);
      this.now = this.#target(...this.size, this.now);
    } else {
      [this.from, this.now] = [this.now, this.from];
    }
    gl.bindTexture(gl.TEXTURE_2D, this.to);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, bitmap);
  }

  paint(progress) {
    const gl = this.gl;
    if (gl.isContextLost()) return;
    const [width, height] = this.size;
    const canvas = [gl.drawingBufferWidth, gl.drawingBufferHeight];
    this.#pass("mix", this.now.buffer, this.size, { before: this.from.texture, after: this.to }, { progress: [progress] });
    this.#pass("shrink", this.small.buffer, [SMALL, SMALL], { frame: this.now.texture }, { size: [SMALL, SMALL] });
    const wide = canvas[0] / canvas[1] / (width / height); // > 1 where the canvas is wider than the frame
    const cover = this.fit === "cover";
    const scale = wide > 1 === cover ? [1, 1 / wide] : [wide, 1];
    this.#pass("show", null, canvas, { frame: this.now.texture, small: this.small.texture }, { size: this.size, scale });
  }

  #pass(name, target, [width, height], textures, uniforms) {
    const gl = this.gl;
    const program = this.programs[name];
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.viewport(0, 0, width, height);
    gl.useProgram(program);
    Object.entries(textures).forEach(([uniform, texture], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform1i(gl.getUniformLocation(program, uniform), unit);
    });
    for (const [uniform, value] of Object.entries(uniforms)) {
      const place = gl.getUniformLocation(program, uniform);
      if (value.length === 1) gl.uniform1f(place, value[0]);
      else gl.uniform2f(place, ...value);
    }
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.activeTexture(gl.TEXTURE0);
  }

  #texture() {
    const gl = this.gl;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.LINEAR);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, 1, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, new Uint8Array(3));
    return texture;
  }

  #target(width, height, old = { texture: this.#texture(), buffer: this.gl.createFramebuffer() }) {
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, old.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, old.buffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, old.texture, 0);
    return old;
  }

  #program(fragment) {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "corner");
    gl.linkProgram(program);
    return program;
  }
}
