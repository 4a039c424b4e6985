// Scenes as buttons: a touch calls one up, on the beat or bar that the show says; with the plus the parameters of now are kept as one.

export class Scenes {
  // `send(address, ...values)`
  constructor(root, send) {
    Object.assign(this, { root, send });
    this.names = [];
    this.last = "";
    this.#build();
  }

  tell(names) {
    this.names = names;
    this.#build();
  }

  called(name) {
    this.last = name;
    this.#build();
  }

  #build() {
    const store = this.#button("+", "Keep the parameters as they are now as a scene", () => this.send("/performer/scene/store", this.#fresh()));
    store.className = "store";
    const scenes = this.names.map((name) => this.#button(name, `Call up the scene ${name}`, () => this.send("/performer/scene/recall", name)));
    scenes.forEach((button, place) => button.classList.toggle("last", this.names[place] === this.last));
    this.root.replaceChildren(...scenes, store);
  }

  #fresh() {
    let number = this.names.length + 1;
    while (this.names.includes(`scene ${number}`)) number += 1;
    return `scene ${number}`;
  }

  #button(text, title, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.title = title;
    button.addEventListener("click", act);
    return button;
  }
}
