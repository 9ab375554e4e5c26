// The panel: one screen at a time, as the kernel describes it. Part of the module of page.js.

const LEAVING = ["cancel", "close", "back"]; // what Escape does: the first of these that the screen has

function panel({ model, el, id, t }) {
  const noticeId = `${id}-notice`;
  let screen = null;
  let fields = [];
  let nodes = {};
  let material = null; // a promise of what the kernel sends for this screen
  let arrived;
  let busy = false;
  let pressed = null;
  let timer;
  let wasLocked = false;

  // --- drawing

  function draw() {
    material = new Promise((resolve) => (arrived = resolve));
    fields = screen.fields.map((field, index) => drawField(field, `${id}-${screen.id}-${index}`, noticeId, t));
    nodes = {
      notice: make("p", { id: noticeId, class: "nbauth-notice", role: "alert" }),
      said: make("p", { class: "nbauth-said", role: "status" }),
      clock: make("p", { class: "nbauth-clock", role: "timer" }),
      key: make("figure", { class: "nbauth-key", hidden: true }),
      submit: make("button", { class: "nbauth-button nbauth-accept", type: "submit", hidden: !screen.submit }),
      resend: screen.resend ? button({ action: screen.resend.action, label: "" }, "nbauth-link") : null,
    };
    const { notice, said, clock, key, submit, resend } = nodes;
    nodes.form = make(
      "form",
      { class: "nbauth nbauth-panel", "aria-labelledby": `${id}-title`, novalidate: true, submit: send, keydown: escape },
      make("h2", { id: `${id}-title`, class: "nbauth-title" }, screen.title),
      ...(screen.subtitle ? [make("p", { class: "nbauth-subtitle" }, screen.subtitle)] : []),
      ...(screen.hint ? [make("p", { class: "nbauth-hint" }, screen.hint)] : []),
      said,
      ...forPasswordManagers(),
      key,
      ...fields.map((field) => field.node),
      ...(screen.items?.length ? [make("ul", { class: "nbauth-items" }, ...screen.items.map(item))] : []),
      clock,
      notice,
      make("div", { class: "nbauth-row" }, submit, ...screen.secondary.map((action) => button(action))),
      more(resend ? [resend] : []),
      more((screen.ways ?? []).map((way) => button(way, "nbauth-link")), t("challenge.other_ways")),
      more((screen.links ?? []).map((link) => button(link, "nbauth-link"))),
    );
    // Somebody is about to sign in: time to open connections to where the answers go.
    nodes.form.addEventListener("input", () => model.send({ type: "typing" }), { once: true });
    el.replaceChildren(nodes.form);
    if (screen.material) model.send({ type: "material", screen: screen.id, view: id });
  }

  const more = (buttons, before = "") =>
    make("div", { class: "nbauth-more-ways" }, ...(buttons.length && before ? [before] : []), ...buttons);

  // A password manager keeps a new password under the name that stands in the same form.
  function forPasswordManagers() {
    if (!screen.username || !screen.fields.some((field) => field.autocomplete.endsWith("-password"))) return [];
    const input = make("input", { class: "nbauth-aside", autocomplete: "username", tabindex: "-1", "aria-hidden": "true", readonly: true });
    input.value = screen.username;
    return [input];
  }

  function button({ action, label, item }, kind = "nbauth-button") {
    const node = make("button", { class: kind, type: "button", "data-action": action, click: () => act(node, action, item) }, label);
    return node;
  }

  function item({ title, note, actions }) {
    const buttons = actions.map((action) => button(action));
    buttons.forEach((node) => node.setAttribute("aria-label", `${node.textContent}: ${title}`));
    const about = [make("bdi", {}, title), ...(note ? [make("bdi", { class: "nbauth-muted" }, note)] : [])];
    return make("li", {}, make("div", {}, ...about), ...buttons);
  }

  // --- what people do

  function act(node, action, item) {
    const leaves = LEAVING.includes(action);
    if ((busy && !leaves) || node.getAttribute("aria-disabled") === "true") return;
    model.send({ type: "action", action, ...(item === undefined ? {} : { item }) });
    wait(node);
  }

  async function send(event) {
    event.preventDefault();
    if (busy || !screen.submit || isLocked()) return;
    const amiss = fields.map((field) => field.look()).filter(Boolean);
    if (amiss.length) return amiss[0]();
    const passkey = fields.find((field) => field.fetch);
    if (passkey && !(await usesPasskey(passkey))) return;
    const values = Object.fromEntries(fields.map((field) => [field.field.name, field.read()]));
    model.send({ type: "submit", screen: screen.id, values });
    fields.forEach((field) => field.empty());
    nodes.notice.style.minHeight = `${nodes.notice.offsetHeight}px`;
    wait(nodes.submit);
  }

  async function usesPasskey(field) {
    const shown = screen.id;
    wait(nodes.submit);
    try {
      const options = await material;
      clearTimeout(timer); // from now on it is the person, and no machine, that is waited for
      await field.fetch(options);
      return shown === screen.id;
    } catch (error) {
      if (shown === screen.id) {
        work(screen.busy);
        say(passkeyError(error, t), true);
      }
      return false;
    }
  }

  function escape(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    const found = LEAVING.map((action) => nodes.form.querySelector(`[data-action=${action}]`)).find(Boolean);
    if (!found) return;
    event.preventDefault();
    event.stopPropagation(); // it means this form, and nothing to the notebook
    found.click();
  }

  // --- what is going on

  function wait(node) {
    clearTimeout(timer);
    timer = setTimeout(() => say(t(screen.busy ? "panel.service_slow" : "panel.kernel_busy")), PATIENCE);
    say("");
    write(nodes.said, "");
    pressed = node;
    work(true);
  }

  function say(text, error = false) {
    write(nodes.notice, text);
    nodes.notice.classList.toggle("nbauth-error", error);
  }

  function work(working) {
    if (!working) pressed = null;
    busy = working;
    const { form, submit } = nodes;
    write(submit, working && (pressed ?? submit) === submit ? screen.submitting : screen.submit);
    form.setAttribute("aria-busy", String(working));
    // Not `disabled`: a disabled button loses the cursor, and with it everybody who works with the keyboard.
    for (const node of form.querySelectorAll("button[data-action], button[type=submit]")) {
      const usable = LEAVING.includes(node.dataset.action);
      node.setAttribute("aria-disabled", String(working && !usable));
      node.classList.toggle("nbauth-working", working && node === (pressed ?? submit));
    }
    fields.forEach((field) => field.lock(working));
    tick();
  }

  const isLocked = () => Boolean(screen.locked_until) && screen.locked_until > now();

  function tick() {
    if (!screen) return;
    const { clock, resend, submit } = nodes;
    const locked = isLocked();
    if (locked) write(clock, t("panel.locked", { time: countdown(t, screen.locked_until - now()) }));
    else if (wasLocked) write(clock, t("panel.unlocked"));
    else if (screen.expires_at && !busy) tickExpiry(clock);
    wasLocked = locked;
    if (!busy) submit.setAttribute("aria-disabled", String(locked || unusable()));
    if (resend && !busy) {
      const left = screen.resend.again_at - now();
      write(resend, left > 0 ? t("resend.wait", { time: countdown(t, left) }) : t("resend.label"));
      resend.setAttribute("aria-disabled", String(left > 0));
    }
  }

  function tickExpiry(clock) {
    const left = screen.expires_at - now();
    write(clock, left > 0 ? t("panel.time_left", { time: countdown(t, left) }) : "");
    if (left <= 0 && !nodes.notice.textContent) say(t("panel.time_up"), true);
  }

  const unusable = () => screen.material === "passkey" && Boolean(passkeyProblem(screen.domain, t));

  function focus() {
    const able = fields.filter((field) => field.focus);
    const field = able.find((one) => !one.read()) ?? able[0];
    if (field) return field.focus();
    (screen.submit ? nodes.submit : nodes.form.querySelector("button[data-action]"))?.focus({ preventScroll: true });
  }

  const ticking = setInterval(tick, 1000);
  return {
    update(view) {
      const held = el.contains(document.activeElement);
      const answered = busy && !view.screen.busy;
      const isNew = view.screen.id !== screen?.id;
      const mine = pressed;
      screen = view.screen;
      if (isNew) draw();
      if (screen.busy) {
        wait(isNew ? null : mine);
      } else {
        clearTimeout(timer);
        say(screen.error || (unusable() ? passkeyProblem(screen.domain, t) : ""), true);
        write(nodes.said, screen.said);
        work(false);
      }
      if (held && (isNew || answered)) focus();
    },
    receive({ screen: of, material: sent }) {
      if (of !== screen.id) return;
      arrived(sent);
      if (!sent.key) return;
      nodes.key.replaceChildren(...drawKey(sent, t));
      nodes.key.hidden = false;
    },
    clear() {
      clearTimeout(timer);
      fields.forEach((field) => field.empty());
      work(screen.busy);
    },
    focus,
    dispose() {
      clearTimeout(timer);
      clearInterval(ticking);
    },
  };
}
