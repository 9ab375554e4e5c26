// The page's end of what one view and the kernel seal for each other; how, is said in seal.py. Part of the module of
// page.js.
//
// Rule: where the browser can seal, nothing is sent or taken in clear, whatever the kernel answers. The page's private
// half of the key cannot be read, not even here.

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const NONCE = 12; // bytes
const BLOCK = 256; // bytes

const encoded = (text) => new TextEncoder().encode(text);
const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...new Uint8Array(part)]));

// A browser seals on pages that are served securely only.
const sealFor = (send, view) => (globalThis.crypto?.subtle ? sealed(send, view) : inClear());

function inClear() {
  return {
    hear() {},
    agreed: async () => {},
    close: async (_screen, values) => ({ values }),
    open: async (_screen, { material }) => material,
  };
}

function sealed(send, view) {
  let hear;
  const answer = new Promise((resolve) => (hear = resolve));
  let key = null;
  const agreed = () => (key ??= agree());

  async function agree() {
    const subtle = crypto.subtle;
    const pair = await subtle.generateKey(CURVE, false, ["deriveBits"]);
    const ours = await subtle.exportKey("raw", pair.publicKey);
    send({ type: "key", view, key: toBase64(new Uint8Array(ours)) });
    const theirs = fromBase64(await answer);
    const point = await subtle.importKey("raw", theirs, CURVE, false, []);
    const bits = await subtle.deriveBits({ name: "ECDH", public: point }, pair.privateKey, 256);
    const shared = await subtle.importKey("raw", bits, "HKDF", false, ["deriveKey"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: joined(ours, theirs), info: encoded(`nbauth ${view}`) };
    return subtle.deriveKey(how, shared, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  }

  const mode = (iv, direction, screen) => ({ name: "AES-GCM", iv, additionalData: encoded(`${direction} ${screen}`) });

  return {
    hear,
    agreed,
    async close(screen, values) {
      const text = encoded(JSON.stringify(values));
      const padded = new Uint8Array(Math.ceil(text.length / BLOCK) * BLOCK).fill(0x20);
      padded.set(text);
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
      const closed = await crypto.subtle.encrypt(mode(nonce, "page", screen), await agreed(), padded);
      return { sealed: toBase64(joined(nonce, closed)) };
    },
    async open(screen, { sealed }) {
      const bytes = fromBase64(sealed);
      const how = mode(bytes.subarray(0, NONCE), "kernel", screen);
      const text = await crypto.subtle.decrypt(how, await agreed(), bytes.subarray(NONCE));
      return JSON.parse(new TextDecoder().decode(text));
    },
  };
}
