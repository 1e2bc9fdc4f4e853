// One camera's page: the trigger needs no reload, and the picture fills the screen.

const image = document.querySelector("[data-stream]");
const said = document.querySelector("[data-said]");

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
