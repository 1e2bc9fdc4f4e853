// A page's live picture: it heals by itself, and rests while nobody looks.

const image = document.querySelector("[data-stream]");
let retry;

function play() {
  clearTimeout(retry);
  if (!document.hidden) image.src = `${image.dataset.stream}?repeat=1&t=${Date.now()}`;
}

function rest() {
  clearTimeout(retry);
  image.removeAttribute("src");
}

image.addEventListener("error", () => {
  if (image.hasAttribute("src")) retry = setTimeout(play, 2000);
});
// One that froze with the connection says nothing: neither an error nor an end.
document.addEventListener("nightjar-again", play);
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : play()));
addEventListener("pagehide", rest);
addEventListener("pageshow", (event) => event.persisted && play());
play();
