// A page's live picture: it heals by itself, and rests while nobody looks.
//
// It comes over a WebSocket, whose end is told. When an MJPEG stream ends, Chromium keeps its last picture and says
// nothing: one would take it for live. MJPEG is for where no WebSocket gets through, such as behind some proxies.

const AGAIN_MS = 2000;
const SILENT_MS = 15000; // of a camera that gives nothing there is a picture that says so each 5 s

const image = document.querySelector("[data-stream]");
let socket;
let timer;
let shown; // the address of the picture that is being shown
let waiting; // the newest one that came meanwhile
let plain = false;
let proven = false; // a WebSocket has brought pictures here

function play() {
  rest();
  if (document.hidden) return;
  if (plain) image.src = `${image.dataset.stream}.mjpeg?repeat=1&t=${Date.now()}`;
  else listen();
}

function rest() {
  clearTimeout(timer);
  if (socket) {
    socket.onmessage = socket.onclose = null;
    socket.close();
    socket = undefined;
  }
  waiting = undefined;
  drop();
  image.removeAttribute("src");
}

function listen() {
  const url = new URL(`${image.dataset.stream}.ws`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  socket.onmessage = ({ data }) => {
    proven = true;
    expect();
    if (shown) waiting = data;
    else show(data);
  };
  socket.onclose = () => {
    plain = !proven;
    again();
  };
  expect();
}

/** The last picture goes, then: it would pass for live. */
function again() {
  clearTimeout(timer);
  timer = setTimeout(play, AGAIN_MS);
}

function expect() {
  clearTimeout(timer);
  timer = setTimeout(play, SILENT_MS);
}

function show(picture) {
  shown = URL.createObjectURL(new Blob([picture], { type: "image/jpeg" }));
  image.src = shown;
}

function drop() {
  if (shown) URL.revokeObjectURL(shown);
  shown = undefined;
}

function done() {
  drop();
  const next = waiting;
  waiting = undefined;
  if (next) show(next);
}

image.addEventListener("load", done);
image.addEventListener("error", () => {
  if (shown) done();
  else if (image.hasAttribute("src")) {
    plain = false;
    again();
  }
});
// One that froze with the connection says nothing: neither an error nor an end.
document.addEventListener("nightjar-again", play);
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : play()));
addEventListener("pagehide", rest);
addEventListener("pageshow", (event) => event.persisted && play());
play();
