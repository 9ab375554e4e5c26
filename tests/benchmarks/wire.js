// Runs before everything else on a page: counts what passes between it and the kernel's widgets, and tells when things
// are seen.
//
// What passes is what the websocket carries, headers included (the protocol v1.kernel.websocket.jupyter.org).

(() => {
  const COUNTED = ["comm_open", "comm_msg", "comm_close", "display_data", "update_display_data"];
  const bench = (window.bench = { toPage: 0, toKernel: 0, last: 0, began: 0, seen: null });

  function count(way, data) {
    if (!(data instanceof ArrayBuffer)) return;
    const view = new DataView(data);
    const offset = (index) => Number(view.getBigUint64(8 * (index + 1), true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, offset(1), offset(2) - offset(1))));
    if (header.msg_type === "execute_request") bench.began = performance.now();
    if (!COUNTED.includes(header.msg_type)) return;
    bench[way] += data.byteLength;
    bench.last = performance.now();
  }

  window.WebSocket = class extends WebSocket {
    constructor(...where) {
      super(...where);
      this.addEventListener("message", ({ data }) => count("toPage", data));
    }
    send(data) {
      count("toKernel", data);
      super.send(data);
    }
  };

  // What is there in one frame of the page has been painted by the next.
  bench.watch = (selector, text) => {
    bench.seen = new Promise((resolve) => {
      const look = () => {
        const found = [...document.querySelectorAll(selector)];
        const shown = found.some((node) => node.offsetHeight && node.innerText.includes(text));
        requestAnimationFrame(shown ? () => resolve(performance.now()) : look);
      };
      look();
    });
  };
  addEventListener("click", () => (bench.began = performance.now()), true);
})();
