// Draws the sign-in panel and the status bar from `view`, and sends what people do. With menu.js and bar.js, which come
// after it in the same module, it is all that runs on the page.
//
// Rules: every text is set as text, never as markup. A password or a code leaves its field with the message that sends
// it, and is kept nowhere. Nothing here takes the cursor away from somebody who types elsewhere.

const PATIENCE = 3000; // milliseconds without an answer until the form says what it waits for

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

function typesElsewhere(el) {
  const active = document.activeElement;
  return Boolean(
    active && !el.contains(active) && (active.isContentEditable || active.matches("input, textarea, select")),
  );
}

// Hand the cursor back to the cell, where the notebook's own keys work again.
function leave(el) {
  el.closest(".jp-Cell")?.focus({ preventScroll: true });
}

// --- fields: each can be read, emptied, focused, locked while the kernel works, and complained about ---------------

function inputField(field, id, noticeId) {
  const secret = field.kind === "password" || field.kind === "current-password";
  const code = field.kind === "code";
  const complaint = make("span", { id: `${id}-complaint`, class: "nbauth-complaint" });
  const input = make("input", {
    id,
    name: field.name,
    class: `nbauth-input${secret ? " nbauth-secret" : ""}${code ? " nbauth-code" : ""}`,
    type: secret ? "password" : "text",
    inputmode: code ? "numeric" : null,
    autocomplete: field.autocomplete,
    autocapitalize: "none",
    autocorrect: "off",
    spellcheck: "false",
    "aria-required": field.optional ? null : "true",
    "aria-describedby": `${id}-complaint ${noticeId}`,
    input: () => complain(false),
  });
  input.value = field.value ?? "";
  const control = make("div", { class: "nbauth-control" }, input);
  const reveal = make("button", { class: "nbauth-reveal", type: "button", click: () => show(input.type === "password") });
  if (secret) {
    control.append(reveal);
    show(false);
  }

  function show(shown) {
    input.type = shown ? "text" : "password";
    reveal.textContent = shown ? "Hide" : "Show";
    reveal.setAttribute("aria-label", `${reveal.textContent} ${field.label.toLowerCase()}`);
  }

  function complain(missing) {
    complaint.textContent = missing ? "Please fill this in" : "";
    if (missing) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  const caption = make("div", { class: "nbauth-caption" }, make("label", { for: id }, field.label), complaint);
  return {
    field,
    node: make("div", { class: "nbauth-field" }, caption, control),
    read: () => (secret ? input.value : input.value.trim()),
    focus: () => input.focus({ preventScroll: true }),
    lock: (locked) => (input.readOnly = locked),
    empty() {
      if (!secret && !code) return;
      input.value = "";
      if (secret) show(false);
    },
    complain,
  };
}

function choiceField(field, id) {
  const radios = field.choices.map(([value], index) =>
    make("input", { type: "radio", name: id, value, checked: index === 0 }),
  );
  const choices = field.choices.map(([, label], index) => make("label", { class: "nbauth-choice" }, radios[index], label));
  const chosen = () => radios.find((radio) => radio.checked);
  return {
    field,
    node: make(
      "fieldset",
      { class: "nbauth-field" },
      make("legend", { class: "nbauth-caption" }, field.label),
      ...choices,
    ),
    read: () => chosen()?.value ?? "",
    focus: () => (chosen() ?? radios[0])?.focus({ preventScroll: true }),
    lock: (locked) => radios.forEach((radio) => (radio.disabled = locked && !radio.checked)),
    empty() {},
    complain() {},
  };
}

// --- the panel ------------------------------------------------------------------------------------------------------

function panel({ model, el, id }) {
  const noticeId = `${id}-notice`;
  let screen = null;
  let fields = [];
  let form, notice, submit;
  let busy = false;
  let timer;

  function draw() {
    const fieldId = (index) => `${id}-${screen.id}-${index}`;
    fields = screen.fields.map((field, index) =>
      field.kind === "choice" ? choiceField(field, fieldId(index)) : inputField(field, fieldId(index), noticeId),
    );
    notice = make("p", { id: noticeId, class: "nbauth-notice", role: "alert" });
    submit = make("button", { class: "nbauth-button nbauth-accept", type: "submit" });
    form = make(
      "form",
      { class: "nbauth nbauth-panel", "aria-labelledby": `${id}-title`, novalidate: true, submit: send },
      make("h2", { id: `${id}-title`, class: "nbauth-title" }, screen.title),
      ...(screen.subtitle ? [make("p", { class: "nbauth-subtitle" }, screen.subtitle)] : []),
      ...(screen.hint ? [make("p", { class: "nbauth-hint" }, screen.hint)] : []),
      ...fields.map((field) => field.node),
      notice,
      make("div", { class: "nbauth-row" }, submit, ...screen.secondary.map(secondary)),
    );
    // Somebody is about to sign in: time to open connections to where the answers go.
    form.addEventListener("input", () => model.send({ type: "typing" }), { once: true });
    el.replaceChildren(form);
  }

  function secondary({ action, label }) {
    const click = () => model.send({ type: "action", action });
    return make("button", { class: "nbauth-button", type: "button", click }, label);
  }

  function send(event) {
    event.preventDefault();
    if (busy) return;
    const missing = fields.filter((field) => !field.read() && !field.field.optional);
    fields.forEach((field) => field.complain(missing.includes(field)));
    if (missing.length) {
      missing[0].focus();
      return;
    }
    const values = Object.fromEntries(fields.map((field) => [field.field.name, field.read()]));
    model.send({ type: "submit", screen: screen.id, values });
    fields.forEach((field) => field.empty());
    notice.style.minHeight = `${notice.offsetHeight}px`;
    timer = setTimeout(() => say("The kernel is busy. This goes on when it is free."), PATIENCE);
    say("");
    work(true);
  }

  function say(text, error = false) {
    write(notice, text);
    notice.classList.toggle("nbauth-error", error);
  }

  function work(working) {
    busy = working;
    // Not `disabled`: a disabled button loses the cursor, and with it everybody who works with the keyboard.
    submit.setAttribute("aria-disabled", String(working));
    write(submit, working ? screen.submitting : screen.submit);
    form.setAttribute("aria-busy", String(working));
    fields.forEach((field) => field.lock(working));
  }

  function focus() {
    (fields.find((field) => !field.read()) ?? fields[0])?.focus();
  }

  return {
    update(view) {
      clearTimeout(timer);
      const held = el.contains(document.activeElement);
      const answered = busy && !view.screen.busy;
      const isNew = view.screen.id !== screen?.id;
      screen = view.screen;
      if (isNew) draw();
      say(screen.error, true);
      work(screen.busy);
      if (held && (isNew || answered)) focus();
    },
    clear() {
      clearTimeout(timer);
      fields.forEach((field) => field.empty());
      work(screen.busy);
    },
    focus,
    dispose: () => clearTimeout(timer),
  };
}

// --- the widget -----------------------------------------------------------------------------------------------------

const PARTS = { panel, bar };

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

function render({ model, el }) {
  const id = `nbauth-${Math.random().toString(36).slice(2)}`;
  let kind = null;
  let part = null;

  function update() {
    const view = model.get("view");
    const held = el.contains(document.activeElement);
    const isNew = view.kind !== kind;
    if (isNew) {
      part?.dispose();
      kind = view.kind;
      part = PARTS[kind]({ model, el, id });
    }
    part.update(view);
    if (isNew && held) part.focus();
  }

  function receive(message) {
    if (message.type === "clear") part.clear();
    if (message.type === "leave" && el.contains(document.activeElement)) leave(el);
    if (message.type === "focus" && (message.view ?? id) === id && !typesElsewhere(el)) part.focus();
  }

  for (const type of ["keydown", "keypress", "keyup"]) el.addEventListener(type, keepKeys);
  model.on("change:view", update);
  model.on("msg:custom", receive);
  update();
  model.send({ type: "ready", view: id });
  return () => {
    part.dispose();
    model.off("change:view", update);
    model.off("msg:custom", receive);
  };
}

export default { render };
