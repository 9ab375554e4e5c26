// Draws the sign-in panel and the status bar from `view`, in the texts of `words`, and sends what people do. With the
// files that come after it in the same module it is all that runs on the page.
//
// Rules: every text is set as text, never as markup, and comes with `words` or `view`. A password or a code leaves its
// field with the message that sends it, and is kept nowhere. Nothing here takes the cursor away from somebody who types
// elsewhere.

const PATIENCE = 3000; // milliseconds without an answer until it is said what is waited for

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// A live region speaks when it is written to, so it is written to only when there is something new.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Whether the cursor is where somebody wants it: in a field elsewhere, or in here already.
function isSomewhere(el) {
  const active = document.activeElement;
  return Boolean(
    active && (el.contains(active) || active.isContentEditable || active.matches("input, textarea, select")),
  );
}

// Hand the cursor back to the cell, where the notebook's own keys work again.
function leave(el) {
  el.closest(".jp-Cell")?.focus({ preventScroll: true });
}

// Copy a text, and say so on the button; a page that is not served securely has no clipboard, so show it ready to be
// copied by hand.
async function copy(text, button, node, said, again) {
  try {
    await navigator.clipboard.writeText(text);
    write(button, said);
    setTimeout(() => write(button, again), 1500);
  } catch {
    write(node, text);
    getSelection().selectAllChildren(node);
  }
}

// --- texts ----------------------------------------------------------------------------------------------------------

// What is put into a text is never itself looked into for more to put in.
const speaker = (model) => (key, values = {}) =>
  (model.get("words")[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));

// A label in the middle of a text, as `Words.inside` of the kernel writes it: German writes its nouns large there, too.
const insider = (model) => (label) => {
  const keeps = model.get("words").lang.split("-")[0] === "de" || /^.\p{Lu}/su.test(label);
  return keeps ? label : label.charAt(0).toLowerCase() + label.slice(1);
};

// A point in time as people write it where they are, in the language of the texts and with their digits.
const moment = (model, format) => (seconds) => {
  const { lang } = model.get("words");
  const here = (navigator.languages ?? []).find((tag) => tag.split("-")[0] === lang.split("-")[0]);
  return new Intl.DateTimeFormat(here ?? lang, { ...format, numberingSystem: "latn" }).format(seconds * 1000);
};

const NBSP = "\u00a0"; // a number stays with its unit

function span(t, seconds) {
  const minutes = Math.floor(seconds / 60);
  const [key, count] =
    minutes < 1
      ? ["time.seconds", Math.ceil(seconds)]
      : minutes < 90
        ? ["time.minutes", minutes]
        : ["time.hours", Math.floor(minutes / 60)];
  return t(key, { count }).replaceAll(" ", NBSP);
}

// What is counted down in front of somebody: to the second.
function countdown(t, seconds) {
  if (seconds < 60) return span(t, Math.max(1, seconds));
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

// What is counted down ends by the kernel's clock, which may be on another machine. The difference between the two is kept
// and no time: who wakes up a laptop then sees what is right.
function kernelClock() {
  const here = () => Date.now() / 1000;
  let difference = 0; // seconds; until the kernel has told its time this machine's counts
  return { now: () => here() + difference, set: (now) => (difference = now - here()) };
}

// Say what is waited for, as soon as that takes long. To a kernel that has ended nothing can be sent, and a kernel takes
// no notice of this: so a page finds out that there is nobody left to wait for.
const bePatient = (model, tell) =>
  setInterval(() => {
    model.send({ type: "waiting" });
    tell();
  }, PATIENCE);

// --- the widget -----------------------------------------------------------------------------------------------------

// The front end's shortcuts are single keys, and Enter with any other key: none of them is meant while somebody types
// here. What is pressed together with Ctrl, Alt or Meta is.
function keepKeys(event) {
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "Enter" || !(modified || event.key === "Escape")) event.stopPropagation();
  if (event.type === "keydown" && event.key === "Enter" && modified && event.target.matches("input")) {
    event.preventDefault();
    event.target.form?.requestSubmit();
  }
}

// Undoing is meant for the field, and JupyterLab takes it for the cell: on its way down to the field it hears the key, and
// looks for this attribute around it (Lumino, CommandRegistry); at the field it hears, and prevents, what the key does.
function keepUndoing(el, signal) {
  const keep = (event) => {
    const undoes = (event.ctrlKey || event.metaKey) && /^[yz]$/i.test(event.key);
    if (!undoes || !el.contains(event.target) || !event.target.matches("input")) return;
    el.setAttribute("data-lm-suppress-shortcuts", "true");
    setTimeout(() => el.removeAttribute("data-lm-suppress-shortcuts"));
  };
  window.addEventListener("keydown", keep, { capture: true, signal });
  el.addEventListener("beforeinput", (event) => event.inputType.startsWith("history") && event.stopPropagation(), { capture: true, signal });
}

// What stands there once nobody is left who would answer.
function gone({ el, t, announce }) {
  const text = make("div", { class: "nbauth-summary" }, t("panel.gone"));
  const dot = make("span", { class: "nbauth-dot", "aria-hidden": "true" });
  el.replaceChildren(make("section", { class: "nbauth nbauth-bar", "aria-label": t("bar.label") }, dot, text));
  announce(t("panel.gone"));
  return { update() {}, clear() {}, focus: () => leave(el), dispose() {} };
}

function render({ model, el }) {
  const id = `nbauth-${Math.random().toString(36).slice(2)}`;
  const parts = { panel, bar, gone };
  const look = model.get("look");
  const clock = kernelClock();
  const seal = sealFor(send, id);
  const t = Object.assign(speaker(model), {
    inside: insider(model),
    date: moment(model, { dateStyle: "medium" }),
    time: moment(model, { timeStyle: "short" }),
  });
  // A live region speaks only if it was there before its text was: it outlives what is drawn beside it.
  const spoken = make("p", { class: "nbauth-aside", role: "status" });
  const announce = (text) => write(spoken, text);
  const place = make("div");
  const closing = new AbortController();
  let kind = null;
  let part = null;
  let isGone = el.classList.contains("jupyter-widgets-disconnected");

  function update() {
    const view = isGone ? { kind: "gone" } : model.get("view");
    const held = el.contains(document.activeElement);
    const isNew = view.kind !== kind;
    if (isNew) {
      part?.dispose();
      announce("");
      kind = view.kind;
      part = parts[kind]({ model: { send }, el: place, id, t, now: clock.now, seal, look, announce });
    }
    part.update(view);
    if (isNew && held) part.focus();
  }

  // A kernel that is restarted forgets what it has shown, and a page can send nothing to one that has ended.
  function end() {
    isGone = true;
    update();
  }

  function send(message) {
    if (closing.signal.aborted) return; // what it was about has come late
    try {
      model.send(message);
    } catch {
      end();
    }
  }

  function speak() {
    el.lang = model.get("words").lang;
    el.dir = model.get("words").dir;
    kind = null;
    update();
  }

  function setClock(now) {
    clock.set(now);
    part.tick?.();
  }

  function receive(message) {
    if (message.type === "clear") part.clear();
    if (message.type === "leave" && el.contains(document.activeElement)) leave(el);
    if (message.type === "focus" && (message.view ?? id) === id && !isSomewhere(el)) part.focus();
    if (message.type === "clock" && (message.view ?? id) === id) setClock(message.now);
    if (message.type === "key" && message.view === id) seal.hear(message.key);
    if (message.type === "material" && message.view === id) part.receive?.(message);
  }

  for (const type of ["keydown", "keypress", "keyup"]) el.addEventListener(type, keepKeys, { signal: closing.signal });
  keepUndoing(el, closing.signal);
  model.on("change:view", update);
  model.on("change:words", speak);
  model.on("msg:custom", receive);
  model.on("comm_live_update", end);
  paint(el, look);
  el.replaceChildren(spoken, place);
  speak();
  send({ type: "ready", view: id, languages: languages(), passkey_host: passkeyHost() });
  return () => {
    closing.abort();
    part.dispose();
    model.off("change:view", update);
    model.off("change:words", speak);
    model.off("msg:custom", receive);
    model.off("comm_live_update", end);
  };
}

// The front end's own language comes first: who chose it there did so on purpose. Where nobody did, it is English.
function languages() {
  const chosen = document.documentElement.lang;
  return [...(chosen && !/^en\b/i.test(chosen) ? [chosen] : []), ...(navigator.languages ?? [])];
}

export default { render };
