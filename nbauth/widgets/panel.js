// The panel: one screen at a time, as the kernel describes it. Part of the module of page.js.

const LEAVING = ["cancel", "close", "back"]; // what Escape does: the first of these that the screen has

function panel({ model, el, id, t, now, seal, look, announce }) {
  const noticeId = `${id}-notice`;
  let screen = null;
  let fields = [];
  const typed = {}; // what stands in fields that are kept, by their names: it goes along to the next screen that has them
  let nodes = {};
  let material = null; // a promise of what the kernel sends for this screen
  let arrived;
  let leaving = new AbortController(); // of this screen
  let sealing = ""; // the screen whose answers are about to be sent
  let busy = false;
  let pressed = null;
  let timer;
  let wasLocked = false;

  // --- drawing

  function draw() {
    const shown = screen.id;
    leaving.abort();
    leaving = new AbortController();
    fields.filter(({ field }) => field.kept).forEach(({ field, read }) => (typed[field.name] = read()));
    fields = screen.fields.map(goesAlong).map((field, index) => drawField(field, `${id}-${screen.id}-${index}`, noticeId, t));
    nodes = {
      notice: make("p", { id: noticeId, class: "nbauth-notice", role: "alert" }),
      said: make("p", { class: "nbauth-said" }),
      clock: make("p", { class: "nbauth-clock", role: "timer" }),
      key: make("figure", { class: "nbauth-key", hidden: true }),
      submit: make("button", { class: `nbauth-button ${screen.danger ? "nbauth-danger" : "nbauth-accept"}`, type: "submit", hidden: !screen.submit }),
      resend: screen.resend ? button({ action: screen.resend.action, label: "" }, "nbauth-link") : null,
    };
    const { notice, said, clock, key, submit, resend } = nodes;
    nodes.form = make(
      "form",
      { class: "nbauth nbauth-panel", "aria-labelledby": `${id}-title`, novalidate: true, submit: send, keydown: escape },
      ...drawLogo(look, screen.title),
      make("h2", { id: `${id}-title`, class: "nbauth-title" }, screen.title),
      ...(screen.subtitle ? [make("p", { class: "nbauth-subtitle" }, screen.subtitle)] : []),
      ...(screen.hint ? [make("p", { class: "nbauth-hint" }, screen.hint)] : []),
      said,
      ...drawCompanies(companies(), fields.length > 0, t),
      ...forPasswordManagers(),
      key,
      ...fields.map((field) => field.node),
      ...(screen.items?.length ? [make("ul", { class: "nbauth-items" }, ...screen.items.map(item))] : []),
      ...(screen.agreement ? [drawAgreement(screen.agreement)] : []),
      clock,
      notice,
      make("div", { class: "nbauth-row" }, submit, ...screen.secondary.map((action) => button(action))),
      more(resend ? [resend] : []),
      more((screen.ways ?? []).map((way) => button(way, "nbauth-link")), t("challenge.other_ways")),
      more((screen.links ?? []).map((link) => button(link, "nbauth-link"))),
      ...drawFoot(screen.foot ?? []),
    );
    // Somebody is about to sign in: time to open connections to where the answers go.
    nodes.form.addEventListener("input", () => model.send({ type: "typing" }), { once: true });
    el.replaceChildren(nodes.form);
    seal.agreed().catch(() => cannotSeal(shown));
    material = screen.material ? ask(shown) : null;
    material?.then((sent) => shown === screen.id && sent.key && showKey(sent)).catch(() => cannotSeal(shown));
  }

  // What this view is shown and no other, such as the key of an authenticator app.
  async function ask(shown) {
    await seal.agreed();
    if (shown !== screen.id) return {};
    const answer = new Promise((resolve) => (arrived = resolve));
    model.send({ type: "material", screen: shown, view: id });
    return seal.open(shown, await answer);
  }

  function showKey(sent) {
    nodes.key.replaceChildren(...drawKey(sent, t));
    nodes.key.hidden = false;
  }

  const goesAlong = (field) => (field.kept ? { ...field, value: typed[field.name] || field.value } : field);

  const more = (buttons, before = "") =>
    make("div", { class: "nbauth-more-ways" }, ...(buttons.length && before ? [before] : []), ...buttons);

  // A password manager keeps a new password under the name that stands in the same form.
  function forPasswordManagers() {
    if (!screen.username || !screen.fields.some((field) => field.autocomplete.endsWith("-password"))) return [];
    const input = make("input", { class: "nbauth-aside", autocomplete: "username", tabindex: "-1", "aria-hidden": "true", readonly: true });
    input.value = screen.username;
    return [input];
  }

  // The only thing there is to do is the one to be pressed.
  function companies() {
    const offered = screen.companies ?? [];
    const kind = fields.length === 0 && offered.length === 1 ? "nbauth-button nbauth-accept" : "nbauth-button";
    return offered.map((company) => button(company, kind));
  }

  function button({ action, label, item, waiting }, kind = "nbauth-button") {
    const attributes = { class: kind, type: "button", "data-action": action, "data-item": item, "data-waiting": waiting };
    const node = make("button", { ...attributes, click: () => act(node, action, item) }, label);
    return node;
  }

  function item({ title, note, at, actions }) {
    const buttons = actions.map((action) => button(action));
    buttons.forEach((node) => node.setAttribute("aria-label", `${node.textContent}: ${title}`));
    const said = at ? note.replace("{date}", () => t.date(at)) : note;
    const about = [make("bdi", {}, title), ...(said ? [make("bdi", { class: "nbauth-muted" }, said)] : [])];
    return make("li", {}, make("div", {}, ...about), ...(buttons.length ? [make("span", { class: "nbauth-row" }, ...buttons)] : []));
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
    const [amiss] = fields.map((field) => field.look()).filter(Boolean);
    if (amiss) return correct(amiss);
    nodes.notice.style.minHeight = `${nodes.notice.offsetHeight}px`;
    const passkey = fields.find((field) => field.fetch);
    if (passkey && !(await usesPasskey(passkey))) return;
    const answers = await sealedAnswers();
    if (!answers) return;
    model.send({ type: "submit", view: id, screen: screen.id, ...answers });
    fields.forEach((field) => field.empty());
    wait(nodes.submit);
  }

  function correct({ input, text }) {
    announce(input === document.activeElement ? text : ""); // who is sent there hears it as its description
    input.focus({ preventScroll: true });
    showCursor();
  }

  // The key may still be on its way to somebody who is quick. Nothing where the form is gone by then.
  async function sealedAnswers() {
    const shown = (sealing = screen.id);
    const values = Object.fromEntries(fields.map((field) => [field.field.name, field.read()]));
    wait(nodes.submit);
    try {
      const answers = await seal.close(shown, values);
      return shown === screen.id ? answers : null;
    } catch {
      cannotSeal(shown);
      return null;
    } finally {
      if (sealing === shown) sealing = "";
    }
  }

  function cannotSeal(shown) {
    if (shown !== screen.id) return;
    clearInterval(timer);
    work(screen.busy);
    say(t("panel.no_seal"), true);
  }

  async function usesPasskey(field) {
    const shown = screen.id;
    wait(nodes.submit);
    try {
      const options = await material;
      if (shown !== screen.id) return false;
      clearInterval(timer); // from now on it is the person, and no machine, that is waited for
      await field.fetch(options, leaving.signal);
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
    clearInterval(timer);
    const slow = () => node?.dataset.waiting ?? t("panel.service_slow");
    timer = bePatient(model, () => say(screen.busy ? slow() : t("panel.kernel_busy")));
    say("");
    write(nodes.said, "");
    pressed = node;
    work(true);
    announce((node ?? nodes.submit) === nodes.submit ? screen.submitting : "");
  }

  function say(text, error = false) {
    write(nodes.notice, text);
    nodes.notice.classList.toggle("nbauth-error", error);
  }

  function work(working) {
    if (!working) pressed = null;
    busy = working;
    const { form, submit } = nodes;
    const started = pressed ?? submit;
    write(submit, working && started === submit ? screen.submitting : screen.submit);
    // Not `disabled`: a disabled button loses the cursor, and with it everybody who works with the keyboard.
    for (const node of form.querySelectorAll("button[data-action], button[type=submit]")) {
      const usable = LEAVING.includes(node.dataset.action);
      node.setAttribute("aria-disabled", String(working && !usable));
      // Not the whole form: where something is busy, screen readers keep quiet about what happens in it.
      node.setAttribute("aria-busy", String(working && node === started));
      node.classList.toggle("nbauth-working", working && node === started);
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
    else if (wasLocked) {
      write(clock, t("panel.unlocked"));
      announce(clock.textContent);
    } else if (screen.expires_at && !busy) tickExpiry(clock);
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
    const said = nodes.notice.textContent;
    write(clock, left > 0 ? t("panel.time_left", { time: countdown(t, left) }) : "");
    if (left <= 0 && !said) say(t("panel.time_up"), true);
    if (left > 0 && said === t("panel.time_up")) say(""); // the clock was set
  }

  const unusable = () => screen.material === "passkey" && Boolean(passkeyProblem(screen.domain, t));

  function focus() {
    const able = fields.filter((field) => field.focus);
    const amiss = able.find((one) => one.field.name === screen.amiss);
    const field = amiss ?? able.find((one) => !one.read()) ?? able[0];
    if (field) return field.focus();
    (screen.submit ? nodes.submit : nodes.form.querySelector("button[data-action]"))?.focus({ preventScroll: true });
  }

  // Where a list is drawn anew, the cursor stays with the thing that it was at.
  function stayWith(item) {
    const buttons = [...nodes.form.querySelectorAll(".nbauth-items button")];
    const same = item === undefined ? undefined : buttons.find((node) => node.dataset.item === item);
    same?.focus({ preventScroll: true });
    return Boolean(same);
  }

  // The form may be longer than the window.
  function showCursor() {
    const active = document.activeElement;
    (active?.closest(".nbauth-one") ?? active)?.scrollIntoView({ block: "nearest" });
  }

  const ticking = setInterval(tick, 1000);
  return {
    update(view) {
      const held = el.contains(document.activeElement);
      const thing = document.activeElement?.dataset?.item;
      const answered = busy && !view.screen.busy;
      const isNew = view.screen.id !== screen?.id;
      const mine = pressed;
      screen = view.screen;
      if (isNew) draw();
      if (screen.busy || sealing === screen.id) {
        wait(isNew ? null : mine);
      } else {
        clearInterval(timer);
        say(screen.error || (unusable() ? passkeyProblem(screen.domain, t) : ""), true);
        write(nodes.said, screen.said);
        nodes.said.classList.toggle("nbauth-done", screen.done);
        work(false);
        if (isNew) announce([screen.said, screen.hint].filter(Boolean).join(" "));
        else if (answered) announce(screen.said);
      }
      const usable = mine?.dataset.action && mine.getAttribute("aria-disabled") !== "true";
      const stays = usable && mine === document.activeElement; // it may be pressed again
      if (held && (isNew || (answered && !stays))) {
        if (!stayWith(thing)) focus();
        showCursor();
      }
    },
    receive(message) {
      if (message.screen === screen.id) arrived(message);
    },
    clear() {
      clearInterval(timer);
      fields.forEach((field) => field.empty());
      work(screen.busy);
    },
    focus,
    tick,
    dispose() {
      screen = {}; // none of those for which something may still be under way
      leaving.abort();
      clearInterval(timer);
      clearInterval(ticking);
    },
  };
}
