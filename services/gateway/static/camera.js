// One camera's page: its stream heals by itself and rests while nobody looks; the trigger needs no reload.

const image = document.querySelector("[data-stream]");
const said = document.querySelector("[data-said]");
let retry;

function play() {
  clearTimeout(retry);
  image.src = `${image.dataset.stream}?repeat=1&t=${Date.now()}`;
}

function rest() {
  clearTimeout(retry);
  image.removeAttribute("src");
}

image.addEventListener("error", () => {
  if (image.hasAttribute("src")) retry = setTimeout(play, 2000);
});
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : play()));
addEventListener("pagehide", rest);
addEventListener("pageshow", (event) => event.persisted && play());

document.querySelector("[data-trigger]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  button.disabled = true;
  const headers = { "X-CSRF-Token": document.body.dataset.csrf, Accept: "application/json" };
  const answer = await fetch(form.action, { method: "POST", headers }).catch(() => null);
  said.textContent = answer?.ok ? "An event begins." : "That did not work; try again.";
  setTimeout(() => {
    button.disabled = false;
    said.textContent = "";
  }, 4000);
});

document.querySelector("[data-fullscreen]").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else image.parentElement.requestFullscreen();
});

play();
