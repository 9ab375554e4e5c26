// The platform's own part of the panel: its logo and colours, the buttons of companies, the links at the foot. Part of
// the module of page.js.

// Colours are set by script: a strict content-security policy takes no style from an attribute.
function paint(el, { colors }) {
  for (const [name, color] of Object.entries(colors)) el.style.setProperty(`--nbauth-brand-${name}`, color);
  el.classList.toggle("nbauth-branded", Object.keys(colors).length > 0);
}

// In an <img> an SVG runs no script and loads nothing. One that cannot be shown is taken away.
function drawLogo({ logo, logo_dark, title }, heading) {
  const draw = (src, theme) =>
    make("img", {
      class: `nbauth-logo${theme}`,
      src,
      alt: title === heading ? "" : title, // what stands below it is not said twice
      error: (event) => event.target.remove(),
    });
  if (!logo) return [];
  if (logo === logo_dark) return [draw(logo, "")];
  return [draw(logo, " nbauth-on-light"), draw(logo_dark, " nbauth-on-dark")];
}

function drawCompanies(buttons, before, t) {
  if (!buttons.length) return [];
  const or = before ? [make("div", { class: "nbauth-or" }, make("span", {}, t("panel.or")))] : [];
  return [make("div", { class: "nbauth-companies" }, ...buttons), ...or];
}

function drawAgreement({ before, label, href, after }) {
  return make("p", { class: "nbauth-note nbauth-agreement" }, before, drawLink({ label, href }), after);
}

function drawFoot(links) {
  return links.length ? [make("nav", { class: "nbauth-foot" }, ...links.map(drawLink))] : [];
}

function drawLink({ label, href }) {
  const elsewhere = /^https?:/i.test(href) ? { target: "_blank", rel: "noopener noreferrer" } : {};
  return make("a", { href, ...elsewhere }, label);
}
