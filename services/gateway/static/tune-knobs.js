// Sliders that take effect at once: what is set goes out while it moves, what is in force comes back.

const SEND_EVERY_MS = 200;
const HANDS_OFF_MS = 1500; // what was just set is not set back by what was in force before

/** Words for a value: fractions of the picture in per cent, seconds with their unit. */
function written(name, value, unit) {
  if (value === "") return "…";
  if (name === "min_area") return `${(Number(value) * 100).toFixed(2)} %`;
  return unit ? `${Number(value)} ${unit}` : String(Number(value));
}

class Knob {
  constructor(root, change) {
    this.name = root.dataset.knob;
    this.change = change;
    this.slider = root.querySelector("input[type=range]");
    this.output = root.querySelector("[data-output]");
    this.empty = root.querySelector("[data-empty]");
    this.refused = root.querySelector("[data-refused]");
    this.touched = -Infinity;
    this.slider.addEventListener("input", () => this.set(this.slider.value));
    this.empty?.addEventListener("click", () => {
      this.set("");
      this.touched = -Infinity; // what follows from the sensitivity is for motion to say
    });
    this.write(this.slider.value);
  }

  set(value) {
    this.touched = performance.now();
    this.write(value);
    this.wanted = value;
    this.timer ??= setTimeout(() => this.send(), SEND_EVERY_MS);
  }

  async send() {
    this.timer = undefined;
    const problem = await this.change(this.name, this.wanted);
    this.refused.textContent = problem;
    this.refused.hidden = !problem;
  }

  show(value) {
    if (!value || performance.now() - this.touched < HANDS_OFF_MS) return;
    this.slider.value = value;
    this.write(value);
  }

  write(value) {
    this.output.textContent = written(this.name, value, this.output.dataset.unit);
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
  }
}

export function connectKnobs(root, change) {
  const knobs = [...root.querySelectorAll("[data-knob]")].map((element) => new Knob(element, change));
  return {
    show: (settings) => {
      for (const knob of knobs) knob.show(settings[knob.name]);
    },
  };
}
