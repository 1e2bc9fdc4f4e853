// A camera's plots: drawn by the server, and fetched anew as long as somebody looks.

const EVERY_MS = 10000;

const place = document.querySelector("[data-statistics]");
const buttons = document.querySelectorAll("[data-hours]");
let hours = 1;

async function show() {
  if (document.hidden) return;
  const url = `${place.dataset.statistics}?hours=${hours}`;
  const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.body.childNodes);
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    hours = Number(button.dataset.hours);
    for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
    show();
  });
}

setInterval(show, EVERY_MS);
show();
