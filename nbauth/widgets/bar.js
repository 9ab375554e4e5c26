// The status bar: it counts down by itself. Part of the module of page.js.

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

function until(seconds) {
  const left = seconds - Date.now() / 1000;
  if (left <= 0) return "AWS credentials renew when they are next used";
  return `AWS credentials until ${clock.format(seconds * 1000)} (${span(left)})`;
}

const NBSP = "\u00a0"; // a number stays with its unit

function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  const words = minutes < 1 ? `${Math.ceil(seconds)} s` : minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
  return words.replace(" ", NBSP);
}

function shorten(identity) {
  const [region, name = ""] = identity.split(":");
  return name.length > 12 ? `${region}:${name.slice(0, 4)}…${name.slice(-4)}` : identity;
}

function mood({ state, online }) {
  if (state === "SIGNED_IN" && online) return "nbauth-good";
  return state.startsWith("SIGNED_OUT_") || !online ? "nbauth-warn" : "";
}

function few(names) {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function bar({ model, el, id }) {
  let view;
  const act = (action, more = {}) => view.busy || model.send({ type: "action", action, ...more });

  const dot = make("span", { class: "nbauth-dot", "aria-hidden": "true" });
  const headline = make("span", { role: "status" });
  const account = make("bdi", { class: "nbauth-account" });
  const current = make("bdi");
  const accounts = menu("Switch account", {
    className: "nbauth-account",
    face: [current],
    opened: () => model.send({ type: "action", action: "look" }),
  });
  const identity = make("span", { class: "nbauth-identity" });
  const copy = make("button", { class: "nbauth-copy", type: "button", click: copyIdentity }, "Copy");
  const groups = make("bdi");
  const message = make("span", { role: "status" });
  const renewal = make("span");
  const credentials = make("span");
  const waiting = make("div", { class: "nbauth-line", role: "status" });
  const warning = make("div", { class: "nbauth-line nbauth-warning", role: "status" });
  const actions = make("div", { class: "nbauth-row" });
  const more = menu("More", { className: "nbauth-button nbauth-more", face: ["⋯"] });
  const another = anotherAccount();
  el.replaceChildren(
    make(
      "section",
      { class: "nbauth nbauth-bar", "aria-label": "AWS sign-in" },
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
          make("span", { class: "nbauth-muted" }, identity, " ", copy),
        ),
        make("div", { class: "nbauth-line nbauth-muted" }, message, renewal, credentials, groups),
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
    const cancel = make("button", { class: "nbauth-button", type: "button", click: () => show(false) }, "Cancel");
    const form = make(
      "form",
      { class: "nbauth-another", "aria-label": "Another account", hidden: true, novalidate: true, submit, keydown },
      make("label", { for: `${id}-another` }, "Account name"),
      input,
      make("button", { class: "nbauth-button nbauth-accept", type: "submit" }, "Use"),
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

  const home = () => (more.node.hidden ? accounts.button : more.button);

  async function copyIdentity() {
    try {
      await navigator.clipboard.writeText(view.identity_id);
      write(copy, "Copied");
      setTimeout(() => write(copy, "Copy"), 1500);
    } catch {
      // Pages that are not served securely have no clipboard: show the whole of it, ready to be copied by hand.
      write(identity, view.identity_id);
      getSelection().selectAllChildren(identity);
    }
  }

  function button({ action, label }, index) {
    const accept = action === "sign_in" && index === 0 ? " nbauth-accept" : "";
    return make(
      "button",
      {
        class: `nbauth-button${accept}`,
        type: "button",
        "data-action": action,
        "aria-disabled": view.busy ? "true" : null,
        click: () => act(action),
      },
      label,
    );
  }

  function drawActions() {
    const focused = actions.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    const buttons = view.actions.map(button);
    actions.replaceChildren(...buttons);
    if (focused) (buttons.find((node) => node.dataset.action === focused) ?? buttons[0])?.focus({ preventScroll: true });
    const choose = ({ action }) => (action === "another" ? another.show(true) : act(action));
    more.update(view.menu.map((item) => ({ label: item.label, choose: () => choose(item) })));
    more.node.hidden = !view.menu.length;
  }

  function drawAccounts() {
    const several = view.accounts.length > 0;
    write(account, several || view.account === "default" ? "" : view.account);
    write(current, view.account);
    accounts.node.hidden = !several;
    accounts.button.setAttribute("aria-label", `Account ${view.account}, switch`);
    accounts.update([
      ...view.accounts.map(({ name, username, current: checked }) => ({
        label: name,
        note: username,
        checked,
        choose: () => checked || act("switch", { account: name }),
      })),
      { label: "Use another account…", choose: () => another.show(true) },
    ]);
  }

  function drawHeadline() {
    const signedIn = view.state === "SIGNED_IN";
    const text = signedIn ? (view.username ? "Signed in as " : "Signed in") : view.message;
    if (headline.textContent !== text + (signedIn ? view.username : "")) {
      headline.replaceChildren(text, ...(signedIn ? [make("strong", {}, make("bdi", {}, view.username))] : []));
    }
    write(message, signedIn ? view.message : "");
    write(waiting, view.waiting);
    write(warning, view.warning);
  }

  function tick() {
    write(credentials, view.credentials_expire_at ? until(view.credentials_expire_at) : "");
  }

  const ticking = setInterval(() => view && tick(), 1000);
  return {
    update(next) {
      view = next;
      dot.className = `nbauth-dot ${mood(view)}`;
      drawHeadline();
      drawAccounts();
      write(renewal, view.state === "SIGNED_IN" && view.online ? "Session renews automatically" : "");
      renewal.title = view.tokens_expire_at ? `Tokens until ${clock.format(view.tokens_expire_at * 1000)}` : "";
      write(identity, view.identity_id ? shorten(view.identity_id) : "");
      identity.title = view.identity_id ?? "";
      copy.setAttribute("aria-label", `Copy identity id ${view.identity_id}`);
      copy.hidden = !view.identity_id;
      write(groups, view.groups.length ? `Groups: ${few(view.groups)}` : "");
      groups.title = view.groups.join(", ");
      tick();
      drawActions();
    },
    clear() {},
    focus: () => leave(el), // there is nothing to fill in
    dispose() {
      clearInterval(ticking);
      accounts.dispose();
      more.dispose();
    },
  };
}
