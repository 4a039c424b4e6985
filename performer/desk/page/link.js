// The WebSocket to the desk: OSC messages as JSON arrays both ways, pictures as binary messages. It opens itself again, with patience.

const FIRST_WAIT = 250, LONGEST_WAIT = 4000; // ms
const SILENT = 2500; // ms without a word: the engine speaks at least twice a second
const DEAF = 9000; // ms after which the connection itself is doubted

export class Link {
  // `on.message(address, args)`, `on.picture(arrayBuffer)`, `on.state("open" | "silent" | "lost")`
  constructor(on) {
    this.on = on;
    this.state = "lost";
    this.wait = FIRST_WAIT;
    this.socket = null;
    setInterval(() => this.#check(), 500);
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws?pictures=1`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.wait = FIRST_WAIT;
      this.heard = performance.now();
      this.#become("open");
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return this.on.picture(data);
      this.heard = performance.now();
      if (this.state === "silent") this.#become("open");
      const [address, ...args] = JSON.parse(data);
      this.on.message(address, args);
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.#become("lost");
      setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    };
    this.socket = socket;
  }

  send(address, ...args) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify([address, ...args]));
    return true;
  }

  #check() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const silence = performance.now() - this.heard;
    if (silence > DEAF) {
      const deaf = this.socket;
      deaf.onclose({});
      deaf.onclose = deaf.onmessage = null;
      deaf.close();
    } else if (silence > SILENT && this.state === "open") {
      this.#become("silent");
    }
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.on.state(state);
  }
}
