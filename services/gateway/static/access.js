// Tokens are made and revoked without leaving the page: a new one is shown once, and never stands in an address.

const form = document.querySelector("[data-token-form]");
const made = document.querySelector("[data-made]");
const headers = { "X-CSRF-Token": document.body.dataset.csrf, "Content-Type": "application/json" };

const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}.` : "");

async function ask(method, path, body) {
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  return { ok: Boolean(answer?.ok), said };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, scope, days } = Object.fromEntries(new FormData(form));
  const wanted = days ? { name, scope, days: Number(days) } : { name, scope };
  const { ok, said } = await ask("POST", "/api/tokens", wanted);
  form.querySelector("[data-answer]").textContent = ok ? "" : sentence(said?.detail ?? "that did not work; try again");
  made.hidden = !ok;
  if (!ok) return;
  made.querySelector("[data-token]").textContent = said.token;
  form.reset();
});

for (const button of document.querySelectorAll("[data-revoke]")) {
  button.addEventListener("click", async () => {
    if (button.dataset.sure !== "yes") {
      button.dataset.sure = "yes";
      button.textContent = "Really revoke?";
      button.setAttribute("aria-label", `Really revoke ${button.dataset.revoke}?`);
      return;
    }
    const { ok } = await ask("DELETE", `/api/tokens/${button.dataset.revoke}`);
    if (ok) button.closest("tr").remove();
  });
}
