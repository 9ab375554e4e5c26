// The status bar: it counts down by itself. Part of the module of page.js.

function until(t, end, left) {
  if (left <= 0) return t("bar.credentials_expired");
  return t("bar.credentials_until", { time: t.time(end), left: span(t, left) });
}

function shorten(identity) {
  const [region, name = ""] = identity.split(":");
  return name.length > 12 ? `${region}:${name.slice(0, 4)}…${name.slice(-4)}` : identity;
}

function mood({ state, online }) {
  if (state === "SIGNED_IN" && online) return "nbauth-good";
  return state.startsWith("SIGNED_OUT_") || !online ? "nbauth-warn" : "";
}

const SOON = 600; // seconds in which somebody can sign in again before work stops

const endsHow = ({ actions }) => (actions.some(({ action }) => action === "company") ? "bar.ends_soon" : "bar.ends_soon_alone");

const endsSoon = ({ renews, tokens_expire_at: end }, now) => !renews && Boolean(end) && end - now < SOON;

function goesOn(t, { renews, tokens_expire_at: end }) {
  if (renews) return t("bar.renews");
  return end ? t("bar.ends", { time: t.time(end) }) : "";
}

const ROOM = 40; // characters that the names of groups may take, unless somebody asks for all of them

// The first names, as many as there is room for.
function few(names) {
  let length = 0;
  const end = names.findIndex((name) => (length += name.length + 2) > ROOM);
  return end < 0 ? names : names.slice(0, Math.max(end, 1));
}

function named(t, names, all) {
  const shown = all ? names : few(names);
  const groups = shown.map((name) => (all || name.length <= ROOM ? name : `${name.slice(0, ROOM)}…`)).join(", ");
  return shown.length < names.length ? t("bar.groups_more", { groups, count: names.length - shown.length }) : groups;
}

function bar({ model, el, id, t, now, announce }) {
  let view;
  let pressed = ""; // what the kernel has not answered yet
  let timer;
  let allGroups = false;

  const dot = make("span", { class: "nbauth-dot", "aria-hidden": "true" });
  const headline = make("span", { role: "status" });
  const account = make("bdi", { class: "nbauth-account" });
  const current = make("bdi");
  const accounts = menu(t("bar.switch"), {
    className: "nbauth-account",
    face: [current],
    opened: () => model.send({ type: "action", action: "look" }),
  });
  const identity = make("span", { class: "nbauth-identity" });
  const copyIdentity = () => copy(view.identity_id, copyButton, identity, t("bar.copied"), t("bar.copy"));
  const copyButton = make("button", { class: "nbauth-copy", type: "button", click: copyIdentity }, t("bar.copy"));
  const groups = make("bdi");
  const role = make("bdi");
  const message = make("span", { role: "status" });
  const renewal = make("span");
  const credentials = make("span");
  const waiting = make("div", { class: "nbauth-line", role: "status" });
  const warning = make("div", { class: "nbauth-line nbauth-warning", role: "status" });
  const actions = make("div", { class: "nbauth-row" });
  const more = menu(t("bar.more"), {
    className: "nbauth-button nbauth-more",
    face: ["⋯"],
    opened: () => model.send({ type: "action", action: "details" }),
  });
  const another = anotherAccount();
  el.replaceChildren(
    make(
      "section",
      { class: "nbauth nbauth-bar", "aria-label": t("bar.label") },
      dot,
      make(
        "div",
        { class: "nbauth-summary" },
        make(
          "div",
          { class: "nbauth-line" },
          headline,
          account,
          accounts.node,
          make("span", { class: "nbauth-muted" }, identity, " ", copyButton),
        ),
        make("div", { class: "nbauth-line nbauth-muted" }, message, renewal, credentials, groups, role),
        waiting,
        warning,
      ),
      make("div", { class: "nbauth-row" }, actions, more.node),
      another.form,
    ),
  );

  function anotherAccount() {
    const input = make("input", {
      id: `${id}-another`,
      class: "nbauth-input",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      maxlength: "128",
    });
    const cancel = make("button", { class: "nbauth-button", type: "button", click: () => show(false) }, t("panel.cancel"));
    const form = make(
      "form",
      { class: "nbauth-another", "aria-label": t("bar.another_form"), hidden: true, novalidate: true, submit, keydown },
      make("label", { for: `${id}-another` }, t("bar.another_name")),
      make("div", { class: "nbauth-control" }, input),
      make("button", { class: "nbauth-button nbauth-accept", type: "submit" }, t("bar.another_use")),
      cancel,
    );

    function show(shown) {
      if (!shown && form.contains(document.activeElement)) home().focus({ preventScroll: true });
      form.hidden = !shown;
      input.value = "";
      if (shown) input.focus({ preventScroll: true });
    }

    function submit(event) {
      event.preventDefault();
      const name = input.value.trim();
      if (!name) return input.focus({ preventScroll: true });
      show(false);
      act("switch", { account: name });
    }

    function keydown(event) {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      show(false);
    }

    return { form, show };
  }

  function act(action, more = {}) {
    if (view.busy || pressed) return;
    pressed = action;
    model.send({ type: "action", action, ...more });
    markBusy();
    wait();
  }

  function wait() {
    clearInterval(timer);
    timer = bePatient(model, () => write(message, t(view.busy ? "panel.service_slow" : "panel.kernel_busy")));
  }

  function markBusy() {
    for (const node of actions.children) {
      node.setAttribute("aria-disabled", "true");
      node.classList.toggle("nbauth-working", node.dataset.action === pressed);
    }
  }

  const home = () => (more.node.hidden ? accounts.button : more.button);

  function button({ action, label }, index) {
    const accept = action === "sign_in" && index === 0 ? " nbauth-accept" : "";
    return make(
      "button",
      {
        class: `nbauth-button${accept}`,
        type: "button",
        "data-action": action,
        click: () => act(action),
      },
      label,
    );
  }

  function drawActions() {
    const focused = actions.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    const buttons = view.actions.map(button);
    actions.replaceChildren(...buttons);
    if (view.busy) markBusy();
    if (focused) (buttons.find((node) => node.dataset.action === focused) ?? buttons[0])?.focus({ preventScroll: true });
    const choose = ({ action }) => (action === "another" ? another.show(true) : act(action));
    const items = view.menu.map((item) => ({ label: item.label, choose: () => choose(item) }));
    more.update(items.length && named(t, view.groups, false) !== named(t, view.groups, true) ? [...items, groupsItem()] : items);
    more.node.hidden = !items.length;
  }

  function groupsItem() {
    const label = t(allGroups ? "bar.groups_fewer" : "bar.groups_all", { count: view.groups.length });
    return { label, choose: showGroups };
  }

  function showGroups() {
    allGroups = !allGroups;
    drawGroups();
    drawActions();
    announce(groups.textContent);
  }

  function drawGroups() {
    write(groups, view.groups.length ? t("bar.groups", { groups: named(t, view.groups, allGroups) }) : "");
  }

  function drawAccounts() {
    const several = view.accounts.length > 0;
    write(account, several || view.account === "default" ? "" : view.account);
    write(current, view.account);
    accounts.node.hidden = !several;
    accounts.button.setAttribute("aria-label", t("bar.switch_from", { account: view.account }));
    accounts.update([
      ...view.accounts.map(({ name, username, current: checked }) => ({
        label: name,
        note: username,
        checked,
        choose: () => checked || act("switch", { account: name }),
      })),
      { label: t("bar.another"), choose: () => another.show(true) },
    ]);
  }

  function drawHeadline() {
    const signedIn = view.state === "SIGNED_IN";
    const name = signedIn ? view.username : "";
    const [before, after] = name ? t("bar.signed_in_as", { name: "\n" }).split("\n") : [signedIn ? t("bar.signed_in") : view.message, ""];
    if (headline.textContent !== before + name + after) {
      headline.replaceChildren(before, ...(name ? [make("strong", {}, make("bdi", {}, name)), after] : []));
    }
    write(message, signedIn ? view.message : "");
    write(waiting, view.waiting);
  }

  function tick() {
    const end = view.credentials_expire_at;
    write(credentials, end ? until(t, end, end - now()) : "");
    write(renewal, view.state === "SIGNED_IN" && view.online ? goesOn(t, view) : "");
    write(warning, view.warning || (endsSoon(view, now()) ? t(endsHow(view), { provider: view.provider, time: t.time(view.tokens_expire_at) }) : ""));
  }

  const ticking = setInterval(() => view && tick(), 1000);
  return {
    update(next) {
      const isFirst = !view;
      view = next;
      clearInterval(timer);
      if (view.busy) wait();
      else pressed = "";
      dot.className = `nbauth-dot ${mood(view)}`;
      drawHeadline();
      announce(isFirst ? `${headline.textContent} ${message.textContent}`.trim() : "");
      drawAccounts();
      write(role, view.role ? t("bar.role", { role: view.role }) : "");
      renewal.title = view.tokens_expire_at ? t("bar.tokens_until", { time: t.time(view.tokens_expire_at) }) : "";
      write(identity, view.identity_id ? shorten(view.identity_id) : "");
      identity.title = view.identity_id ?? "";
      copyButton.setAttribute("aria-label", t("bar.copy_identity", { identity: view.identity_id ?? "" }));
      copyButton.hidden = !view.identity_id;
      drawGroups();
      tick();
      drawActions();
    },
    clear() {
      pressed = "";
      this.update(view);
    },
    focus: () => leave(el), // there is nothing to fill in
    tick,
    dispose() {
      clearInterval(ticking);
      clearInterval(timer);
      accounts.dispose();
      more.dispose();
    },
  };
}
