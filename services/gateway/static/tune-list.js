// The zones and masks as a list: their names, what moves in them, how sensitive they are.

export class ShapeList {
  constructor(root, shapes) {
    this.place = root.querySelector("[data-shapes]");
    this.template = root.querySelector("template[data-shape-row]");
    this.shapes = shapes;
  }

  render() {
    if (this.place.contains(document.activeElement) && document.activeElement.matches("input:focus")) return;
    this.place.replaceChildren();
    for (const kind of ["zones", "masks"]) {
      for (const name of Object.keys(this.shapes.all[kind])) this.place.append(this.row(kind, name));
    }
  }

  row(kind, name) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const find = (what) => row.querySelector(`[data-${what}]`);
    const zone = kind === "zones";
    find("name").value = name;
    find("name").addEventListener("change", ({ target }) => this.rename(kind, name, target));
    find("remove").addEventListener("click", () => this.shapes.edit(kind, (all) => delete all[name]));
    find("remove").setAttribute("aria-label", `Remove ${name}`);
    find("kind").textContent = zone ? "zone" : "mask: not looked at";
    find("motion-kind").hidden = find("sensitivity").hidden = !zone;
    if (!zone) return row;
    const shape = this.shapes.all.zones[name];
    find("motion-kind").value = shape.motion ?? "alerts";
    find("motion-kind").addEventListener("change", ({ target }) => this.put(name, "motion", target.value));
    find("sensitivity").value = shape.sensitivity ?? "";
    find("sensitivity").addEventListener("change", ({ target }) => {
      if (target.reportValidity()) this.put(name, "sensitivity", target.value ? Number(target.value) : undefined);
    });
    return row;
  }

  put(name, key, value) {
    this.shapes.edit("zones", (all) => (all[name] = { ...all[name], [key]: value }));
  }

  rename(kind, name, field) {
    const wanted = field.value.trim();
    const taken = wanted !== name && (wanted in this.shapes.all.zones || wanted in this.shapes.all.masks);
    field.setCustomValidity(taken ? "There is one of this name." : "");
    if (!field.reportValidity() || wanted === name) return;
    field.blur();
    this.shapes.edit(kind, (all) => {
      const entries = Object.entries(all).map(([key, shape]) => [key === name ? wanted : key, shape]);
      for (const key of Object.keys(all)) delete all[key];
      Object.assign(all, Object.fromEntries(entries));
    });
  }
}
