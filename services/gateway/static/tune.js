// The tuning page: the live picture with what motion makes of it, and everything that can be changed about that.

import { Graph } from "./tune-graph.js";
import { connectKnobs } from "./tune-knobs.js";
import { Overlay } from "./tune-overlay.js";
import { Shapes } from "./tune-shapes.js";

const page = document.querySelector("[data-camera]");
const camera = page.dataset.camera;
const image = document.querySelector("[data-stream]");
const words = document.querySelector("[data-words]");
const SILENT_AFTER_MS = 6000;

// -- changes -------------------------------------------------------------------------------------------

/** Asks for a setting's value; resolves to the sentence that says why not, empty where it is asked for. */
export async function change(setting, value) {
  const headers = {
    "X-CSRF-Token": document.body.dataset.csrf,
    Accept: "application/json",
    "Content-Type": "application/json",
  };
  const body = JSON.stringify({ value });
  const url = `/api/cameras/${camera}/${setting}`;
  const answer = await fetch(url, { method: "POST", headers, body }).catch(() => null);
  if (answer?.ok) return "";
  const problem = await answer?.json().catch(() => null);
  return problem?.detail ?? "That did not work; try again.";
}

const drawing = document.querySelector("[data-drawing]");
const graph = new Graph(document.querySelector("[data-graph]"));
const overlay = new Overlay(drawing);
const shapes = new Shapes(drawing, document, change);
const knobs = connectKnobs(document, change);

document.addEventListener("nightjar-camera", ({ detail }) => {
  if (detail.camera !== camera) return;
  knobs.show(detail.settings);
  shapes.show(detail.settings);
});

// -- the picture ---------------------------------------------------------------------------------------

// The drawing has the picture's shape, whatever that is, and whenever it is known.
let shape = "";
setInterval(() => {
  const now = image.naturalWidth ? `0 0 1000 ${Math.round((1000 * image.naturalHeight) / image.naturalWidth)}` : "";
  if (!now || now === shape) return;
  shape = now;
  drawing.setAttribute("viewBox", shape);
  shapes.render();
}, 300);

// -- scores --------------------------------------------------------------------------------------------

let source;
let silence;

function silent() {
  words.textContent = "No score comes: is motion running, is motion detection on, and does the camera deliver?";
  overlay.clear();
}

function heard(score) {
  clearTimeout(silence);
  silence = setTimeout(silent, SILENT_AFTER_MS);
  document.querySelector("[data-score]").textContent = score.score.toFixed(2);
  words.textContent = score.scene_change
    ? `The light or the scene changes: ${Math.round(score.scene_change * 100)} % of the picture.`
    : score.moving ? "Motion." : score.score >= 1 ? "Enough, but not for long enough yet." : "Below the threshold.";
  graph.add(score);
  overlay.show(score);
  shapes.highlight(score.zones);
}

function listen() {
  source?.close();
  source = new EventSource(`/api/cameras/${camera}/scores`);
  source.addEventListener("score", (message) => heard(JSON.parse(message.data)));
  silence = setTimeout(silent, SILENT_AFTER_MS);
}

function begin() {
  listen();
  graph.begin();
}

function rest() {
  clearTimeout(silence);
  source?.close();
  graph.end();
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : begin()));
addEventListener("pagehide", rest);
addEventListener("pageshow", (event) => event.persisted && begin());
begin();
