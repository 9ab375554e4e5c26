// Fields: each can be read, emptied, focused, locked while the kernel works, and looked through for what is amiss with
// it. Part of the module of page.js.

function drawField(field, id, noticeId, t) {
  if (field.kind === "passkey") return passkeyField(field);
  return field.kind === "choice" ? choiceField(field, id) : inputField(field, id, noticeId, t);
}

function inputField(field, id, noticeId, t) {
  const secret = field.kind === "password" || field.kind === "current-password";
  const code = field.kind === "code";
  const first = control(field, id, { secret, code, t, label: field.label, describedBy: `${id}-rules ${id}-note ${noticeId}` });
  const second = field.repeat
    ? control(field, `${id}-repeat`, { secret, code, t, label: field.repeat, describedBy: noticeId })
    : null;
  const rules = (field.rules ?? []).map((rule) => drawRule(rule, t));
  first.input.value = field.value ?? "";

  second?.input.addEventListener("input", () => second.praise(first.input.value === second.input.value));

  // What is said while somebody types is that something is right; that it is not is said when they go on.
  first.input.addEventListener("input", () => {
    rules.forEach((rule) => rule.tick(first.input.value));
    second?.complain("");
  });

  const read = () => (secret ? first.input.value : first.input.value.trim());
  const controls = second ? [first, second] : [first];
  return {
    field,
    node: make(
      "div",
      { class: "nbauth-field" },
      first.node,
      ...(field.note ? [make("p", { id: `${id}-note`, class: "nbauth-note" }, field.note)] : []),
      ...(rules.length ? [make("ul", { id: `${id}-rules`, class: "nbauth-rules", "aria-label": t("policy.title") }, ...rules.map((rule) => rule.node))] : []),
      ...(second ? [second.node] : []),
    ),
    read,
    focus: () => first.input.focus({ preventScroll: true }),
    lock: (locked) => controls.forEach(({ input }) => (input.readOnly = locked)),
    empty() {
      if (secret || code) controls.forEach((one) => one.empty());
      rules.forEach((rule) => rule.tick(first.input.value));
    },
    // Returns where something is amiss, and what; or nothing.
    look() {
      const { valid, badInput } = first.input.validity;
      const unfit = !valid && Boolean(read() || badInput);
      const missing = !read() && !field.optional;
      const unmet = Boolean(read()) && rules.some((rule) => !rule.isMet(read()));
      const mismatch = Boolean(second) && first.input.value !== second.input.value;
      const text = unfit ? field.unfit : missing ? t("panel.fill_in") : unmet ? t("panel.rules_unmet") : "";
      const textOfSecond = mismatch && !text ? t("panel.mismatch") : "";
      first.complain(text);
      second?.complain(textOfSecond);
      if (text) return { input: first.input, text };
      return textOfSecond ? { input: second.input, text: textOfSecond } : null;
    },
  };
}

function control(field, id, { secret, code, t, label, describedBy }) {
  const complaint = make("span", { id: `${id}-complaint`, class: "nbauth-complaint" });
  const input = make("input", {
    id,
    name: id.endsWith("-repeat") ? `${field.name}_repeat` : field.name,
    class: `nbauth-input${code ? " nbauth-code" : ""}`,
    type: secret ? "password" : (field.type ?? "text"),
    // What is no prose is written from the left in every language.
    dir: secret || code || ["email", "tel", "url", "number"].includes(field.type) ? "ltr" : null,
    step: field.type === "number" ? "any" : null,
    pattern: field.pattern,
    min: field.min,
    max: field.max,
    minlength: field.minlength,
    maxlength: field.maxlength,
    inputmode: code ? "numeric" : null,
    autocomplete: field.autocomplete,
    autocapitalize: "none",
    autocorrect: "off",
    spellcheck: "false",
    "aria-required": field.optional ? null : "true",
    "aria-describedby": `${id}-complaint ${describedBy}`,
    input: () => complain(""),
  });
  const place = make("div", { class: "nbauth-control" }, input);
  const reveal = make("button", { class: "nbauth-reveal", type: "button", click: () => show(input.type === "password") });
  if (secret) {
    place.append(reveal);
    show(false);
  }

  function show(shown) {
    input.type = shown ? "text" : "password";
    write(reveal, t(shown ? "panel.hide" : "panel.show"));
    reveal.setAttribute("aria-label", t(shown ? "panel.hide_field" : "panel.show_field", { label: t.inside(label) }));
  }

  function praise(matches) {
    complaint.classList.toggle("nbauth-praise", matches);
    write(complaint, matches ? t("panel.match") : "");
  }

  function complain(text) {
    complaint.classList.remove("nbauth-praise");
    write(complaint, text);
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  const caption = make("div", { class: "nbauth-caption" }, make("label", { for: id }, label), complaint);
  return {
    input,
    node: make("div", { class: "nbauth-one" }, caption, place),
    complain,
    praise,
    empty() {
      input.value = "";
      complain("");
      if (secret) show(false);
    },
  };
}

function drawRule({ text, pattern }, t) {
  const matches = new RegExp(pattern);
  const state = make("span", { class: "nbauth-aside" }, t("policy.unmet"));
  const node = make("li", {}, make("span", {}, text, make("span", { class: "nbauth-aside" }, ", "), state));
  return {
    node,
    isMet: (value) => matches.test(value),
    tick(value) {
      const met = matches.test(value);
      node.classList.toggle("nbauth-met", met);
      write(state, t(met ? "policy.met" : "policy.unmet"));
    },
  };
}

function choiceField(field, id) {
  const chosenAtFirst = field.choices.some(([value]) => value === field.value) ? field.value : field.choices[0]?.[0];
  const radios = field.choices.map(([value]) =>
    make("input", { type: "radio", name: id, value, checked: value === chosenAtFirst }),
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
    look: () => null,
  };
}

// The key of an authenticator app: a picture to scan, and the same to type.
function drawKey({ key, picture }, t) {
  const svg = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const drawn = svg("svg", {
    viewBox: `0 0 ${picture.size} ${picture.size}`,
    role: "img",
    "aria-label": t("totp.picture"),
    "shape-rendering": "crispEdges",
  });
  drawn.append(svg("path", { d: picture.path, fill: "#000" }));
  const text = make("code", { dir: "ltr" }, key);
  const button = make(
    "button",
    {
      class: "nbauth-button",
      type: "button",
      "aria-label": t("panel.copy_field", { label: t.inside(t("totp.key")) }),
      click: () => copy(key.replaceAll(" ", ""), button, text, t("panel.copied"), t("panel.copy")),
    },
    t("panel.copy"),
  );
  return [drawn, make("figcaption", {}, t("totp.key"), text, button)];
}
