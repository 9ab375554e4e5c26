// Passkeys: what the browser can do with them here, and the ceremony itself. Part of the module of page.js.

function passkeyHost() {
  const able = globalThis.isSecureContext && globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON;
  return able ? location.hostname : "";
}

// Why there can be no passkey of a domain on this page; empty where there can.
function passkeyProblem(domain, t) {
  const host = passkeyHost();
  if (!host) return t("passkey.unsupported");
  const within = !domain || host === domain || host.endsWith(`.${domain}`);
  return within ? "" : t("passkey.elsewhere", { domain, host });
}

// Its value comes from the browser when the form is sent.
function passkeyField(field) {
  let credential = "";
  return {
    field,
    node: make("div", { hidden: true }),
    read: () => credential,
    focus: null,
    lock() {},
    empty: () => (credential = ""),
    look: () => null,
    async fetch(material, signal) {
      credential = JSON.stringify(await usePasskey(material, signal));
    },
  };
}

async function usePasskey({ get, create }, signal) {
  const used = create
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(create), signal })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(get), signal });
  return used.toJSON();
}

const CEREMONY_ERRORS = {
  NotAllowedError: "passkey.cancelled", // also what a browser says where it found none: it does not tell which
  AbortError: "passkey.cancelled",
  InvalidStateError: "passkey.exists",
};

const passkeyError = (error, t) => t(CEREMONY_ERRORS[error?.name] ?? "passkey.failed");
