// What is changed on a camera's page: forms that need no reload, and what comes of them.

const ANSWER_WITHIN_MS = 5000;
const NO_ANSWER = "Nothing has changed: it was so already, or its service is not running.";

const camera = document.querySelector("[data-camera]").dataset.camera;
let waiting; // for capture to say what has come of it: the place for words, and a timer

function said(form, text) {
  const where = form.action.endsWith("/enabled") ? "[data-said]" : form.closest(".settings") ? "[data-set]" : "[data-asked]";
  const place = document.querySelector(where);
  place.textContent = text;
  return place;
}

function answered() {
  if (!waiting) return;
  clearTimeout(waiting.timer);
  waiting.place.textContent = "";
  waiting = undefined;
}

function wait(form) {
  answered();
  const place = said(form, "Asked for…");
  waiting = { place, timer: setTimeout(() => (place.textContent = NO_ANSWER), ANSWER_WITHIN_MS) };
}

async function ask(form) {
  const headers = { "X-CSRF-Token": document.body.dataset.csrf, Accept: "application/json" };
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", headers, body }).catch(() => null);
  if (answer?.ok) return "";
  const problem = await answer?.json().catch(() => null);
  return problem?.detail ?? "That did not work; try again.";
}

const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}.` : "");

for (const form of document.querySelectorAll("form[data-control]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    wait(form); // before it is asked for: capture may be quicker with its answer than we are
    const problem = await ask(form);
    for (const button of buttons) button.disabled = false;
    form.querySelector("[data-answer]").textContent = sentence(problem);
    if (problem) return answered();
    form.closest("[popover]")?.hidePopover();
    form.closest("details.own")?.removeAttribute("open");
  });
}

// -- what has come of it -------------------------------------------------------------------------------

let before = "";
let running;

document.addEventListener("nightjar-camera", ({ detail }) => {
  if (detail.camera !== camera) return;
  const now = JSON.stringify([detail.settings, detail.refused]);
  if (before && now !== before) answered();
  before = now;
  if (running && !detail.settings.experiment && past.open) showPast();
  running = detail.settings.experiment;
  showSettings(detail.settings);
});

// What stands in the fields is what is in force, unless somebody is writing there.
function showSettings(settings) {
  for (const field of document.querySelectorAll("[data-setting]")) {
    const value = settings[field.dataset.setting];
    if (value !== undefined && field !== document.activeElement) field.value = value;
  }
  for (const form of document.querySelectorAll("[data-switch]")) {
    const on = (settings[form.dataset.switch] ?? "ON") === "ON";
    form.elements.value.value = on ? "OFF" : "ON";
    form.querySelector("button").setAttribute("aria-checked", String(on));
  }
}

// -- earlier experiments, which the archive is asked for only when somebody wants to see them -------------

const past = document.querySelector("[data-past]");

async function showPast() {
  const answer = await fetch(past.dataset.past, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  past.querySelector("[data-runs]").replaceChildren(...page.body.childNodes);
}

past.addEventListener("toggle", () => past.open && showPast());

document.dispatchEvent(new Event("nightjar-tell")); // it may have been told before we listened
