// Paints with WebGL 2: mixes the last two frames at their own size, puts the looks on the mix, and the look into its place on the canvas.
// A frame that comes early starts its fade from the mix that is seen, so nothing ever jumps.
import { sources } from "./shaders.js";

const SMALL = 16; // the side of the shrunken picture, in pixels
const SIXTIETH = 1000 / 60; // ms that the trail is told for
const LONGEST = 250; // ms between two paintings that count as such

export class GlPainter {
  // fit: "cover" fills the canvas, put into its place on the wall; "ambient" shows the whole look and lets its colours glow around it
  constructor(gl, fit) {
    this.gl = gl;
    this.fit = fit;
    this.restore();
  }

  // Build everything; again after the context was lost.
  restore() {
    const gl = this.gl;
    this.programs = new Map();
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    this.to = this.#texture();
    this.from = this.#target();
    this.now = this.#target();
    this.seen = this.#target();
    this.trail = this.#target();
    this.small = this.#target();
    this.#size(this.small, SMALL, SMALL);
    this.size = [1, 1];
    this.painted = 0;
    this.held = false;
  }

  take(bitmap) {
    const gl = this.gl;
    if (gl.isContextLost()) return;
    if (bitmap.width !== this.size[0] || bitmap.height !== this.size[1]) {
      this.size = [bitmap.width, bitmap.height];
      this.#size(this.from, ...this.size);
      this.#size(this.now, ...this.size);
    } else {
      [this.from, this.now] = [this.now, this.from];
    }
    gl.bindTexture(gl.TEXTURE_2D, this.to);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, bitmap);
  }

  // `looks`: what the show says of its two passes; `now` in ms.
  paint(progress, looks, now) {
    const gl = this.gl;
    if (gl.isContextLost()) return;
    const canvas = [gl.drawingBufferWidth, gl.drawingBufferHeight];
    const cover = this.fit === "cover";
    const whole = cover ? canvas : [canvas[1] * this.size[0] / this.size[1], canvas[1]];
    const shape = whole.map((side) => Math.max(1, Math.round(side * Math.min(1, canvas[0] / whole[0]))));
    if (!(this.held && looks.held && shape[0] === this.seen.width && shape[1] === this.seen.height)) {
      this.#pass("mix", [], this.now, { before: this.from.texture, after: this.to }, { progress: [progress] });
      this.#look(looks, shape, now);
    }
    this.held = looks.held && progress >= 1 && this.size[0] > 1; // what is held has come in whole
    const placed = { target: null, width: canvas[0], height: canvas[1] };
    if (cover) {
      this.#pass("place", looks.place, placed, { look: this.seen.texture }, looks.uniforms);
      return;
    }
    this.#pass("shrink", [], this.small, { look: this.seen.texture }, { size: [SMALL, SMALL] });
    const wide = canvas[0] / canvas[1] / (shape[0] / shape[1]); // > 1 where the canvas is wider than the look
    const scale = wide > 1 ? [wide, 1] : [1, 1 / wide];
    this.#pass("glow", [], placed, { look: this.seen.texture, small: this.small.texture }, { scale });
  }

  #look(looks, [width, height], now) {
    const gl = this.gl;
    const fresh = width !== this.seen.width || height !== this.seen.height;
    if (fresh) for (const target of [this.seen, this.trail]) this.#size(target, width, height);
    [this.seen, this.trail] = [this.trail, this.seen];
    const steps = Math.min(LONGEST, Math.max(0, now - this.painted)) / SIXTIETH;
    const [share, scale, turn] = looks.uniforms.feedback;
    const feedback = fresh ? [0, 1, 0] : [share ** steps, scale ** steps, turn * steps];
    this.painted = now;
    gl.bindTexture(gl.TEXTURE_2D, this.now.texture);
    const blurred = looks.look.includes("BLURRED");
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, blurred ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR);
    if (blurred) gl.generateMipmap(gl.TEXTURE_2D);
    const textures = { frame: this.now.texture, trail: this.trail.texture };
    this.#pass("look", ["SMOOTH", ...looks.look], this.seen, textures, { ...looks.uniforms, aspect: [width / height], feedback });
  }

  #pass(name, can, target, textures, uniforms) {
    const gl = this.gl;
    const program = this.#program(name, can);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.target);
    gl.viewport(0, 0, target.width, target.height);
    gl.useProgram(program.handle);
    Object.entries(textures).forEach(([uniform, texture], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform1i(program.places[uniform] ?? null, unit);
    });
    for (const [uniform, value] of Object.entries(uniforms)) {
      const place = program.places[uniform];
      if (place === undefined) continue;
      if (value.length === 9) gl.uniformMatrix3fv(place, false, value);
      else gl[`uniform${value.length}fv`](place, value);
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

  #target() {
    const made = { texture: this.#texture(), target: this.gl.createFramebuffer(), width: 0, height: 0 };
    this.#size(made, 1, 1);
    return made;
  }

  #size(target, width, height) {
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, target.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target.texture, 0);
    [target.width, target.height] = [width, height];
  }

  // The program of a pass that can do this, compiled when it is first wanted.
  #program(name, can) {
    const gl = this.gl;
    const key = [name, ...can].join(" ");
    if (this.programs.has(key)) return this.programs.get(key);
    const handle = gl.createProgram();
    sources(name, can).forEach((source, index) => {
      const shader = gl.createShader(index ? gl.FRAGMENT_SHADER : gl.VERTEX_SHADER);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) console.error(key, gl.getShaderInfoLog(shader));
      gl.attachShader(handle, shader);
    });
    gl.bindAttribLocation(handle, 0, "corner");
    gl.linkProgram(handle);
    const places = {};
    for (let index = 0; index < gl.getProgramParameter(handle, gl.ACTIVE_UNIFORMS); index++) {
      const { name: uniform } = gl.getActiveUniform(handle, index);
      places[uniform] = gl.getUniformLocation(handle, uniform);
    }
    const program = { handle, places };
    this.programs.set(key, program);
    return program;
  }
}
