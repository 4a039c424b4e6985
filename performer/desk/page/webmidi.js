// A MIDI controller at the browser: what it plays goes the way of this page's keys. Only where the browser has Web MIDI, and after a click.

const OWN = /performer/i; // our own ports would answer themselves

export function offerMidi(button, { players, say }) {
  if (!navigator.requestMIDIAccess) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const access = await navigator.requestMIDIAccess();
      access.onstatechange = () => connect(access, button, players);
      const count = connect(access, button, players);
      say(count ? `${count} MIDI input${count > 1 ? "s play" : " plays"} here.` : "The browser sees no MIDI controller. Plug one in; it is found by itself.");
    } catch {
      say("The browser did not allow MIDI. Allow it in the page's settings and press MIDI again.");
    }
  });
}

function connect(access, button, players) {
  const inputs = [...access.inputs.values()].filter((input) => input.state === "connected" && !OWN.test(input.name ?? ""));
  for (const input of inputs) input.onmidimessage = ({ data }) => play(players, data);
  button.classList.toggle("on", inputs.length > 0);
  button.title = inputs.map((input) => input.name).join(", ") || "No MIDI controller is connected to this browser";
  return inputs.length;
}

function play(players, [status, first, second]) {
  const kind = status & 0xf0, channel = (status & 0x0f) + 1;
  if (kind === 0x90 && second > 0) players.press(first, second, channel);
  else if (kind === 0x80 || kind === 0x90) players.release(first);
  else if (kind === 0xb0) players.control(first, second, channel);
}
