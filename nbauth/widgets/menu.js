// A button that opens a list of things to do (ARIA Authoring Practices, menu button). Part of the module of page.js.

const MOVES = { ArrowDown: 1, ArrowUp: -1 };

function menu(label, { className = "", face = [], opened = () => {} } = {}) {
  let items = [];
  let drawn = "";
  // Manual, and on the page's top layer: outputs cut off what stands out of them.
  const list = make("div", { class: "nbauth-menu", role: "menu", popover: "manual", "aria-label": label, keydown: keys });
  const button = make(
    "button",
    {
      class: className,
      type: "button",
      "aria-label": label,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      mousedown: (event) => event.preventDefault(), // the focus stays in the list until the click has closed it
      click: () => (isOpen() ? close() : open(items.find((item) => item.ariaChecked === "true") ?? items[0])),
      keydown: (event) => {
        if (!(event.key in MOVES)) return;
        event.preventDefault();
        open(items.at(event.key === "ArrowUp" ? -1 : 0));
      },
    },
    ...face,
  );
  list.addEventListener("focusout", ({ relatedTarget }) => list.contains(relatedTarget) || hide());

  const isOpen = () => button.getAttribute("aria-expanded") === "true";

  function open(item) {
    button.setAttribute("aria-expanded", "true");
    list.showPopover?.();
    const [place, size] = [button.getBoundingClientRect(), list.getBoundingClientRect()];
    const below = place.bottom + 4;
    list.style.top = `${below + size.height > innerHeight ? Math.max(4, place.top - 4 - size.height) : below}px`;
    const edge = button.closest(".nbauth").getBoundingClientRect().right;
    const left = place.left + size.width > edge ? place.right - size.width : place.left;
    list.style.left = `${Math.max(8, Math.min(left, innerWidth - size.width - 8))}px`;
    addEventListener("scroll", scrolled, { capture: true });
    item.focus(); // which scrolls the list to it, where that is long
    opened();
  }

  // The list does not go along with the page. That it is scrolled itself is heard here, too.
  const scrolled = ({ target }) => target === list || close();

  function hide() {
    if (!isOpen()) return;
    button.setAttribute("aria-expanded", "false");
    removeEventListener("scroll", scrolled, { capture: true });
    if (list.isConnected) list.hidePopover?.();
  }

  function close() {
    hide();
    button.focus({ preventScroll: true });
  }

  function keys(event) {
    const at = items.indexOf(document.activeElement);
    const to = { Home: 0, End: -1 }[event.key] ?? (event.key in MOVES ? (at + MOVES[event.key]) % items.length : null);
    if (to !== null) items.at(to).focus();
    if (event.key === "Escape") event.stopPropagation(); // it closes the menu, and means nothing to the notebook
    if (event.key === "Escape" || event.key === "Tab") close();
    if (to !== null || event.key === "Escape") event.preventDefault();
  }

  function item({ label, note, checked, choose }) {
    const choice = checked === undefined ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": String(checked) };
    const click = () => {
      close();
      choose();
    };
    return make(
      "button",
      { class: "nbauth-item", type: "button", tabindex: "-1", ...choice, click },
      make("bdi", {}, label),
      ...(note ? [make("bdi", { class: "nbauth-muted" }, note)] : []),
    );
  }

  return {
    button,
    node: make("span", { class: "nbauth-menu-place" }, button, list),
    update(choices) {
      const next = JSON.stringify(choices);
      if (next === drawn) return;
      drawn = next;
      const at = items.indexOf(document.activeElement);
      const before = items;
      const { scrollTop } = list;
      items = choices.map(item);
      list.append(...items);
      if (at >= 0) items[Math.min(at, items.length - 1)]?.focus({ preventScroll: true });
      before.forEach((old) => old.remove());
      list.scrollTop = scrollTop;
    },
    dispose: hide,
  };
}
