// Zones and masks, drawn on the picture with mouse, finger or keyboard, and saved as soon as they are changed.

import { draw } from "./tune-overlay.js";
import { ShapeList } from "./tune-list.js";

const STEP = 0.01;
const MOST_CORNERS = 100;
const SAVE_AFTER_MS = 500;
const MIDDLE = [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const within = (value) => Math.round(Math.min(1, Math.max(0, value)) * 10000) / 10000;
const copy = (value) => JSON.parse(JSON.stringify(value));

export class Shapes {
  constructor(svg, root, change) {
    this.svg = svg;
    this.change = change;
    this.hint = root.querySelector("[data-hint]");
    this.saved = root.querySelector("[data-saved]");
    this.undoButton = root.querySelector("[data-undo]");
    this.all = { zones: {}, masks: {} };
    this.inForce = {};
    this.before = [];
    this.highlit = "";
    this.layer = draw("g", {}, svg);
    this.list = new ShapeList(root, this);
    for (const button of root.querySelectorAll("[data-new]")) {
      button.addEventListener("click", (event) => this.begin(button.dataset.new, event.detail === 0));
    }
    this.undoButton.addEventListener("click", () => this.undo());
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", () => this.release());
    svg.addEventListener("pointercancel", () => this.release());
    svg.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("keydown", (event) => this.drawing && this.keyWhileDrawing(event));
  }

  // -- what there is ---------------------------------------------------------------------------------

  corners(kind, name) {
    const shape = this.all[kind][name];
    return kind === "zones" ? shape.points : shape;
  }

  /** What is in force, as motion says it; nothing is taken out of somebody's hands. */
  show(settings) {
    if (this.drawing || this.dragged || this.timer) return;
    for (const kind of ["zones", "masks"]) {
      if (settings[kind] === undefined || settings[kind] === this.inForce[kind]) continue;
      this.inForce[kind] = settings[kind];
      this.all[kind] = JSON.parse(settings[kind] || "{}");
      this.list.render();
      this.render();
    }
  }

  highlight(zones) {
    const now = zones.join(" ");
    if (now === this.highlit) return;
    this.highlit = now;
    for (const polygon of this.layer.querySelectorAll("polygon[data-name]")) {
      polygon.classList.toggle("active", zones.includes(polygon.dataset.name));
    }
  }

  /** Changes the shapes of one kind, so that it can be undone, and saves them. */
  edit(kind, how) {
    this.before.push([kind, copy(this.all[kind])]);
    how(this.all[kind]);
    this.undoButton.disabled = false;
    this.list.render();
    this.render();
    this.save(kind);
  }

  undo() {
    const [kind, shapes] = this.before.pop() ?? [];
    this.undoButton.disabled = !this.before.length;
    if (!kind) return;
    this.all[kind] = shapes;
    this.list.render();
    this.render();
    this.save(kind);
  }

  save(kind) {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const problem = await this.change(kind, this.all[kind]);
      this.timer = undefined;
      const refused = document.querySelector(`[data-refused="${kind}"]`);
      refused.textContent = problem;
      refused.hidden = !problem;
      this.saved.textContent = problem ? "" : "Saved, and in force.";
    }, SAVE_AFTER_MS);
  }

  // -- a new one ---------------------------------------------------------------------------------------

  begin(kind, byKeyboard) {
    const noun = kind === "zones" ? "zone" : "mask";
    let number = 1;
    while (`${noun}-${number}` in this.all.zones || `${noun}-${number}` in this.all.masks) number++;
    const name = `${noun}-${number}`;
    if (byKeyboard) return this.add(kind, name, copy(MIDDLE));
    this.drawing = { kind, name, points: [] };
    this.svg.classList.add("drawing-now");
    this.hint.textContent = `Click the corners of the ${noun} on the picture.`;
  }

  add(kind, name, points) {
    this.edit(kind, (shapes) => (shapes[name] = kind === "zones" ? { points } : points));
    this.layer.querySelector(`[data-corner="${kind}/${name}/0"]`)?.focus();
  }

  finish() {
    const { kind, name, points } = this.drawing;
    const distinct = points.filter((one, n) => !n || Math.hypot(one[0] - points[n - 1][0], one[1] - points[n - 1][1]) > 0.004);
    this.stop();
    if (distinct.length >= 3) this.add(kind, name, distinct);
    else this.hint.textContent = "It needs three corners at least; nothing was drawn.";
  }

  stop() {
    this.drawing = undefined;
    this.svg.classList.remove("drawing-now");
    this.hint.textContent = "";
    this.render();
  }

  keyWhileDrawing(event) {
    if (event.key === "Escape") this.stop();
    else if (event.key === "Enter") this.finish();
    else return;
    event.preventDefault();
  }

  // -- mouse and finger -----------------------------------------------------------------------------------

  place(event) {
    const box = this.svg.getBoundingClientRect();
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  }

  press(event) {
    if (event.button) return;
    if (this.drawing) {
      event.preventDefault();
      const { points } = this.drawing;
      if (event.detail > 1 && points.length >= 3) return this.finish();
      if (points.length < MOST_CORNERS) points.push(this.place(event));
      return this.render();
    }
    const corner = event.target.dataset.corner ?? event.target.dataset.between;
    if (!corner) return;
    event.preventDefault();
    const [kind, name, index] = corner.split("/");
    this.dragged = { kind, name, index: Number(index), before: copy(this.all[kind]) };
    if (event.target.dataset.between) this.insert(this.dragged, this.place(event));
    this.svg.setPointerCapture(event.pointerId);
  }

  insert(dragged, point) {
    this.corners(dragged.kind, dragged.name).splice(++dragged.index, 0, point);
    this.render();
  }

  move(event) {
    if (this.drawing?.points.length) {
      this.drawing.next = this.place(event);
      this.render();
    }
    if (!this.dragged) return;
    const { kind, name, index } = this.dragged;
    this.corners(kind, name)[index] = this.place(event);
    this.render();
  }

  release() {
    if (!this.dragged) return;
    const { kind, before } = this.dragged;
    this.dragged = undefined;
    if (JSON.stringify(before) === JSON.stringify(this.all[kind])) return;
    this.before.push([kind, before]);
    this.undoButton.disabled = false;
    this.save(kind);
  }

  // -- keyboard ------------------------------------------------------------------------------------------

  key(event) {
    const { corner, between } = event.target.dataset;
    if (this.drawing || !(corner || between)) return;
    const [kind, name, text] = (corner ?? between).split("/");
    const index = Number(text);
    const points = this.corners(kind, name);
    const arrow = ARROWS[event.key];
    if (corner && arrow) {
      const step = event.shiftKey ? 5 * STEP : STEP;
      this.edit(kind, () => (points[index] = points[index].map((value, axis) => within(value + step * arrow[axis]))));
    } else if (corner && ["Delete", "Backspace"].includes(event.key) && points.length > 3) {
      this.edit(kind, () => points.splice(index, 1));
    } else if (between && event.key === "Enter" && points.length < MOST_CORNERS) {
      this.edit(kind, () => points.splice(index + 1, 0, middle(points, index)));
      this.layer.querySelector(`[data-corner="${kind}/${name}/${index + 1}"]`)?.focus();
    } else return;
    event.preventDefault();
  }

  // -- drawing ---------------------------------------------------------------------------------------------

  render() {
    const { corner, between } = document.activeElement?.dataset ?? {};
    this.layer.replaceChildren();
    for (const kind of ["masks", "zones"]) {
      for (const name of Object.keys(this.all[kind])) this.renderShape(kind, name);
    }
    if (this.drawing) this.renderDrawing();
    if (corner) this.layer.querySelector(`[data-corner="${corner}"]`)?.focus();
    if (between) this.layer.querySelector(`[data-between="${between}"]`)?.focus();
  }

  renderShape(kind, name) {
    const points = this.corners(kind, name);
    const ignored = this.all[kind][name].motion === "ignored";
    const look = kind === "masks" ? "mask" : ignored ? "zone ignored" : "zone";
    const active = this.highlit.split(" ").includes(name) && kind === "zones" ? " active" : "";
    const polygon = draw("polygon", { class: look + active, points: this.written(points) }, this.layer);
    if (kind === "zones") polygon.dataset.name = name;
    const [x, y] = this.scaled(points[0]);
    draw("text", { class: "name", x: x + 12, y: y + 24 }, this.layer).textContent = name;
    points.forEach((point, n) => {
      const [cx, cy] = this.scaled(middle(points, n));
      const between = { class: "between", cx, cy, r: 5, tabindex: 0, role: "button" };
      draw("circle", { ...between, "aria-label": `Add a corner to ${name} after corner ${n + 1}` }, this.layer).dataset.between = `${kind}/${name}/${n}`;
    });
    points.forEach((point, n) => {
      const [cx, cy] = this.scaled(point);
      const where = `${Math.round(point[0] * 100)} %, ${Math.round(point[1] * 100)} %`;
      const corner = { class: "corner", cx, cy, r: 9, tabindex: 0, role: "button" };
      draw("circle", { ...corner, "aria-label": `Corner ${n + 1} of ${name}: ${where}` }, this.layer).dataset.corner = `${kind}/${name}/${n}`;
    });
  }

  renderDrawing() {
    const { points, next } = this.drawing;
    draw("polyline", { class: "draft", points: this.written(next ? [...points, next] : points) }, this.layer);
    for (const point of points) {
      const [cx, cy] = this.scaled(point);
      draw("circle", { class: "corner", cx, cy, r: 6 }, this.layer);
    }
  }

  scaled([x, y]) {
    const { width, height } = this.svg.viewBox.baseVal;
    return [x * width, y * height];
  }

  written(points) {
    return points.map((point) => this.scaled(point).map((value) => value.toFixed(1)).join(",")).join(" ");
  }
}

function middle(points, n) {
  const [one, other] = [points[n], points[(n + 1) % points.length]];
  return [within((one[0] + other[0]) / 2), within((one[1] + other[1]) / 2)];
}
