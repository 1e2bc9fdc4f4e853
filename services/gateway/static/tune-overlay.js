// What motion sees in the newest picture, drawn over it.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes. */
export function draw(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
}

export class Overlay {
  constructor(svg) {
    this.svg = svg;
    this.layer = draw("g", { "aria-hidden": "true" }, svg);
  }

  show({ boxes, near }) {
    this.clear();
    this.boxes(near, "near");
    this.boxes(boxes, "box");
  }

  clear() {
    this.layer.replaceChildren();
  }

  boxes(places, kind) {
    const { width: across, height: down } = this.svg.viewBox.baseVal;
    for (const { x, y, width, height } of places) {
      const place = { x: x * across, y: y * down, width: width * across, height: height * down };
      draw("rect", { class: kind, ...place }, this.layer);
    }
  }
}
