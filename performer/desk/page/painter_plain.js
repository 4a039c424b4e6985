// Paints on a plain canvas where there is no WebGL: the new frame fades in over what is there.

export class PlainPainter {
  constructor(context, fit) {
    this.context = context;
    this.fit = fit;
    this.frame = new OffscreenCanvas(1, 1);
    this.before = new OffscreenCanvas(1, 1);
  }

  take(bitmap) {
    [this.before, this.frame] = [this.frame, this.before];
    this.frame.width = bitmap.width;
    this.frame.height = bitmap.height;
    this.frame.getContext("2d").drawImage(bitmap, 0, 0);
  }

  paint(progress) {
    this.context.globalAlpha = 1;
    this.#draw(this.before);
    this.context.globalAlpha = progress;
    this.#draw(this.frame);
  }

  restore() {}

  #draw(frame) {
    const { width, height } = this.context.canvas;
    const choose = this.fit === "cover" ? Math.max : Math.min;
    const scale = choose(width / frame.width, height / frame.height);
    const w = frame.width * scale, h = frame.height * scale;
    this.context.drawImage(frame, (width - w) / 2, (height - h) / 2, w, h);
  }
}
