// The score of the last minute against its threshold, on a logarithmic scale.

const SECONDS = 60;
const LOWEST = 0.1;
const HIGHEST = 100;
const LEFT = 34;
const BOTTOM = 4;

export class Graph {
  constructor(canvas) {
    this.canvas = canvas;
    this.points = [];
    this.timer = undefined;
  }

  add({ score, moving, scene_change: change }) {
    this.points.push({ at: performance.now(), score, moving, change });
  }

  begin() {
    this.end();
    this.timer = setInterval(() => requestAnimationFrame(() => this.draw()), 80);
  }

  end() {
    clearInterval(this.timer);
  }

  draw() {
    const ratio = devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const now = performance.now();
    this.points = this.points.filter(({ at }) => now - at < SECONDS * 1000);
    const x = (at) => width - ((now - at) / 1000 / SECONDS) * (width - LEFT);
    const y = (score) => {
      const part = Math.log(Math.min(HIGHEST, Math.max(LOWEST, score)) / LOWEST) / Math.log(HIGHEST / LOWEST);
      return height - BOTTOM - part * (height - 2 * BOTTOM);
    };
    const colour = (name) => getComputedStyle(this.canvas).getPropertyValue(name);
    this.shade(pen, x, height, colour);
    pen.font = "12px system-ui, sans-serif";
    for (const score of [0.1, 1, 10, 100]) {
      pen.strokeStyle = colour(score === 1 ? "--bad" : "--line");
      pen.fillStyle = colour("--muted");
      pen.setLineDash(score === 1 ? [6, 4] : []);
      pen.beginPath();
      pen.moveTo(LEFT, y(score));
      pen.lineTo(width, y(score));
      pen.stroke();
      pen.fillText(String(score), 4, Math.min(height - 3, Math.max(11, y(score) + 4)));
    }
    pen.setLineDash([]);
    pen.strokeStyle = colour("--link");
    pen.lineWidth = 1.5;
    pen.beginPath();
    let before = -Infinity;
    for (const { at, score } of this.points) {
      at - before > 1500 ? pen.moveTo(x(at), y(score)) : pen.lineTo(x(at), y(score));
      before = at;
    }
    pen.stroke();
  }

  shade(pen, x, height, colour) {
    for (let n = 1; n < this.points.length; n++) {
      const { at, moving, change } = this.points[n];
      if (!moving && !change) continue;
      pen.fillStyle = colour(change ? "--bad-ground" : "--accent-ground");
      pen.fillRect(x(this.points[n - 1].at), 0, Math.ceil(x(at) - x(this.points[n - 1].at)) + 1, height);
    }
  }
}
