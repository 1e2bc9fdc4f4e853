// What every page shares: the live state over server-sent events, previews, and the newest events.

const PREVIEW_EVERY_MS = 1000;
const LOST_AFTER_MS = 25000; // the server sends something every 10 s
const STATUS_WORDS = { online: "Online", offline: "Offline", off: "Switched off", unknown: "Waiting" };

const all = (selector, root = document) => root.querySelectorAll(selector);

function goToLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// -- cameras ---------------------------------------------------------------------------------------

const lookup = (stats, path) => path.split(".").reduce((value, key) => value?.[key], stats);

function figure(stats, expression) {
  const values = expression.split("+").map((path) => lookup(stats, path)).filter((value) => value !== undefined);
  if (!values.length) return "–";
  const sum = values.reduce((total, value) => total + value, 0);
  return expression.endsWith("fps") ? sum.toFixed(1) : sum.toLocaleString("en");
}

function showCamera(camera) {
  for (const element of all(`[data-camera="${camera.camera}"]`)) {
    const status = camera.settings.enabled === "OFF" && camera.status !== "online" ? "off" : camera.status;
    element.dataset.status = status;
    element.dataset.moving = camera.motion ? "yes" : "no";
    for (const pill of all(".pill[data-status]", element)) {
      pill.dataset.status = status;
      pill.textContent = STATUS_WORDS[status];
    }
    for (const pill of all("[data-motion]", element)) pill.hidden = !camera.motion;
    for (const problem of all("[data-problem]", element)) {
      problem.textContent = camera.problem;
      problem.hidden = !camera.problem;
    }
    for (const cell of camera.stats ? all("[data-figure]", element) : []) cell.textContent = figure(camera.stats, cell.dataset.figure);
    showSettings(camera, element);
  }
  known.set(camera.camera, camera);
  tell(camera);
}

// Other scripts of the page hear of each change; one that came later asks for what there is.
const known = new Map();
const tell = (camera) => document.dispatchEvent(new CustomEvent("nightjar-camera", { detail: camera }));
document.addEventListener("nightjar-tell", () => known.forEach(tell));

function showSettings({ settings, refused, experiment }, element) {
  const yesNo = (yes) => (yes ? "yes" : "no");
  element.dataset.enabled = yesNo(settings.enabled !== "OFF");
  element.dataset.running = yesNo(settings.experiment);
  element.dataset.interval = yesNo(Number(settings.interval));
  for (const words of all("[data-refused]", element)) {
    const why = refused[words.dataset.refused] ?? "";
    if (words.textContent !== why) words.textContent = why; // said again it would be read out again
    words.hidden = !why;
  }
  for (const progress of all("[data-progress]", element)) {
    const now = JSON.stringify([settings, experiment]);
    if (progress.shown !== now) refresh(progress, progress.dataset.progress, "body");
    progress.shown = now;
  }
}

// How long an experiment still takes changes also while nothing happens.
setInterval(() => {
  for (const progress of all("[data-progress]")) {
    if (!document.hidden) refresh(progress, progress.dataset.progress, "body");
  }
}, 30000);

let troubled;

function showTroubles(troubles) {
  const now = JSON.stringify(troubles);
  if (troubled !== undefined && troubled !== now) {
    for (const list of all("[data-troubles]")) refresh(list, location.pathname, "[data-troubles]");
    showEvents(); // they could not be read, or can be again
  }
  troubled = now;
  for (const count of all("[data-trouble-count]")) {
    count.textContent = troubles.length;
    count.hidden = !troubles.length;
  }
}

// -- parts of the page that the server renders -------------------------------------------------------

const refreshing = new Map();

async function refresh(element, url, part) {
  if (refreshing.has(element)) {
    refreshing.set(element, true); // once more when this one is done
    return;
  }
  refreshing.set(element, false);
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" } });
    if (response.redirected) return goToLogin();
    if (response.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      element.replaceChildren(...page.querySelector(part).childNodes);
    }
  } catch {
    // the connection is lost: the state comes again with it
  } finally {
    const again = refreshing.get(element);
    refreshing.delete(element);
    if (again) refresh(element, url, part);
  }
}

function showEvents() {
  for (const latest of all("[data-latest]")) refresh(latest, latest.dataset.latest, "body");
}

let healthTimer;
function showHealthSoon() {
  clearTimeout(healthTimer);
  healthTimer = setTimeout(() => {
    for (const health of all("[data-health]")) refresh(health, location.pathname, "[data-health]");
  }, 500);
}

function showEvent(event) {
  showEvents();
  const waiting = document.querySelector(`[data-waiting="${event.event}"]`);
  if (waiting) location.reload();
}

// -- the connection ----------------------------------------------------------------------------------

let source;
let watchdog;

function expect() {
  clearTimeout(watchdog);
  watchdog = setTimeout(reconnect, LOST_AFTER_MS);
}

function heard() {
  expect();
  if (document.body.dataset.live === "no") document.dispatchEvent(new Event("nightjar-again"));
  document.querySelector("[data-connection]").hidden = true;
  document.body.dataset.live = "yes";
}

function lost() {
  document.body.dataset.live = "no";
  document.querySelector("[data-connection]").hidden = false;
}

async function refused() {
  lost();
  const answer = await fetch("/api/health").catch(() => null);
  if (answer?.status === 401) goToLogin();
  else setTimeout(connect, 3000);
}

function reconnect() {
  lost();
  disconnect();
  connect();
}

function disconnect() {
  clearTimeout(watchdog);
  source?.close();
  source = undefined;
}

function connect() {
  if (document.hidden) return;
  disconnect();
  source = new EventSource(document.querySelector("[data-figure], [data-health]") ? "/api/events" : "/api/events?stats=0");
  source.onerror = () => (source?.readyState === EventSource.CLOSED ? refused() : lost());
  const on = (name, show) =>
    source.addEventListener(name, (message) => {
      heard();
      show(JSON.parse(message.data));
    });
  on("beat", () => {});
  on("camera", (camera) => {
    showCamera(camera);
    showHealthSoon();
  });
  on("service", showHealthSoon);
  on("event", showEvent);
  on("troubles", ({ troubles }) => {
    showTroubles(troubles);
    showHealthSoon();
  });
  on("cameras", () => location.reload()); // the configuration has others now
  on("state", (state) => {
    state.cameras.forEach(showCamera);
    showTroubles(state.troubles);
    showEvents();
  });
  expect();
}

// A browser opens six connections to a server: pages that nobody looks at must not take them.
document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
addEventListener("offline", lost); // told by the browser long before anything times out
addEventListener("online", connect);
addEventListener("pagehide", disconnect);
addEventListener("pageshow", (event) => event.persisted && connect());

// -- previews ----------------------------------------------------------------------------------------

const seen = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target);
});

async function preview(image) {
  const began = performance.now();
  if (seen.has(image.parentElement) && !document.hidden) {
    try {
      const response = await fetch(image.dataset.preview);
      if (response.status === 401) return goToLogin();
      if (response.ok) showPicture(image, await response.blob());
    } catch {
      // the connection is lost: what was seen last stays
    }
  }
  setTimeout(preview, Math.max(100, PREVIEW_EVERY_MS - (performance.now() - began)), image);
}

function showPicture(image, blob) {
  const url = URL.createObjectURL(blob);
  image.onload = () => URL.revokeObjectURL(url);
  image.src = url;
  image.hidden = false;
  image.parentElement.querySelector("[data-no-picture]").hidden = true;
}

for (const image of all("[data-preview]")) {
  watcher.observe(image.parentElement);
  preview(image);
}

connect();
