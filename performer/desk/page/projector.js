// The picture alone, on the whole screen. It finds the desk again by itself.
import { Link } from "./link.js";
import { Picture } from "./picture.js";

const picture = new Picture(document.getElementById("picture"), "cover");
const message = (address, [words]) => {
  if (address === "/performer/looks") picture.dress(JSON.parse(words));
};
const link = new Link({ message, picture: (bytes) => picture.offer(bytes), state() {} });
link.open();

document.addEventListener("dblclick", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
});

window.performer = { link, picture };
