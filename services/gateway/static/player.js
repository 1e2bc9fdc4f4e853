// Steps through and plays the frames of an event, at the pace at which they were taken.

const AHEAD = 8; // frames that are fetched before they are shown
const LOOKS = 20; // half a second apart, whether it is kept
const LONGEST_GAP_MS = 2000; // a hole in the recording is not waited for

const player = document.querySelector("[data-player]");
const part = (name) => player.querySelector(`[data-${name}]`);
const screen = part("frame");
const position = part("position");
const button = part("play");
const base = player.dataset.player;

const fetched = new Map(); // index: image, the newest at the end
let frames = [];
let moving = [0, 0];
let timer;

const time = (index) => Date.parse(frames[index].time);
const signed = (ms) => `${ms < 0 ? "−" : "+"}${Math.abs(ms / 1000).toFixed(2)} s`;

function load(index) {
  if (!fetched.has(index)) {
    const image = new Image();
    image.src = `${base}/frames/${index}.jpg`;
    fetched.set(index, image);
    if (fetched.size > 4 * AHEAD) fetched.delete(fetched.keys().next().value);
  }
  return fetched.get(index);
}

async function show(index) {
  position.value = index;
  const image = load(index);
  await image.decode().catch(() => {});
  if (Number(position.value) !== index) return; // somebody was faster
  screen.src = image.src;
  const save = document.querySelector("[data-this-frame]");
  save.href = image.src;
  save.download = frames[index].key.split("/").pop();
  part("at").textContent = `${index + 1} / ${frames.length} · ${signed(time(index) - moving[0])}`;
  position.setAttribute("aria-valuetext", `frame ${index + 1} of ${frames.length}`);
  for (let next = index + 1; next <= Math.min(index + AHEAD, frames.length - 1); next++) load(next);
}

function pause() {
  clearTimeout(timer);
  timer = undefined;
  button.textContent = "Play";
  button.setAttribute("aria-label", "Play");
}

async function advance(due) {
  const index = Number(position.value);
  if (index >= frames.length - 1) return pause();
  await show(index + 1);
  if (timer === undefined) return;
  const next = Math.min(index + 2, frames.length - 1);
  const step = Math.min(Math.max(time(next) - time(index + 1), 0), LONGEST_GAP_MS);
  const now = performance.now();
  const then = Math.max(due + step, now);
  timer = setTimeout(advance, then - now, then);
}

function play() {
  if (Number(position.value) >= frames.length - 1) position.value = 0;
  button.textContent = "Pause";
  button.setAttribute("aria-label", "Pause");
  timer = setTimeout(advance, 0, performance.now());
}

function toggle() {
  timer === undefined ? play() : pause();
}

function step(by) {
  pause();
  show(Math.min(Math.max(Number(position.value) + by, 0), frames.length - 1));
}

function markMotion() {
  const first = frames.findIndex((_, index) => time(index) >= moving[0]);
  const last = frames.findLastIndex((_, index) => time(index) <= moving[1]);
  if (first < 0 || last < first || frames.length < 2) return;
  const percent = (index) => (100 * index) / (frames.length - 1);
  part("moving-span").style.left = `${percent(first)}%`;
  part("moving-span").style.width = `${percent(last) - percent(first)}%`;
}

async function begin() {
  const response = await fetch(base);
  if (!response.ok) return;
  const manifest = await response.json();
  frames = manifest.frames;
  moving = [Date.parse(manifest.started), Date.parse(manifest.ended)];
  if (!frames.length) return;
  markMotion();
  await show(Number(position.value));
  button.addEventListener("click", toggle);
  position.addEventListener("input", () => {
    pause();
    show(Number(position.value));
  });
  for (const one of player.querySelectorAll("[data-step]")) {
    one.addEventListener("click", () => step(Number(one.dataset.step)));
  }
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, a, button, select") && event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    if (event.target === position) return;
    const act = { " ": toggle, ArrowLeft: () => step(-1), ArrowRight: () => step(1) }[event.key];
    if (act && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      act();
    }
  });
}

// -- keeping it ------------------------------------------------------------------------------------------

document.querySelector("[data-keep]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const headers = { "X-CSRF-Token": document.body.dataset.csrf, Accept: "application/json" };
  const said = document.querySelector("[data-said]");
  const asked = await fetch(form.action, { method: "POST", headers }).catch(() => null);
  if (!asked?.ok) return void (said.textContent = "That did not work; try again.");
  said.textContent = "The archive is asked to keep it…";
  if (!(await isKept(form.action))) return void (said.textContent = "It was asked for; the archive has not said yet that it is kept.");
  said.textContent = "It is kept for ever.";
  document.querySelector("[data-kept]").hidden = false;
  form.remove();
});

// The archiver does it: what the store says is true, what was asked for may still be on its way.
async function isKept(url) {
  for (let look = 0; look < LOOKS; look++) {
    const answer = await fetch(url).then((response) => response.json()).catch(() => null);
    if (answer?.kept) return true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}

begin();
