/* Passkeys: adding one (data-passkey="create"), confirming by one ("get"), signing in by one ("login").

   The server's options stand in data-options, or are fetched from the form's own address when
   signing in. What the authenticator answers goes into the field "credential" as JSON. */
import { told } from "./words.js";
const fromText = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
};
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withIds = (list) => (list ?? []).map((entry) => ({ ...entry, id: fromText(entry.id) }));

const create = async ({ publicKey }) => {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: fromText(publicKey.challenge),
      user: { ...publicKey.user, id: fromText(publicKey.user.id) },
      excludeCredentials: withIds(publicKey.excludeCredentials),
      authenticatorSelection: {
        ...publicKey.authenticatorSelection,
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
    },
  });
  return answer(credential, {
    attestationObject: toText(credential.response.attestationObject),
    transports: credential.response.getTransports?.() ?? [],
  });
};

const get = async ({ publicKey }) => {
  const credential = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: fromText(publicKey.challenge),
      allowCredentials: withIds(publicKey.allowCredentials),
    },
  });
  const { authenticatorData, signature, userHandle } = credential.response;
  return answer(credential, {
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    userHandle: userHandle ? toText(userHandle) : null,
  });
};

const answer = (credential, response) => ({
  type: credential.type,
  id: credential.id,
  rawId: toText(credential.rawId),
  response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
  clientExtensionResults: credential.getClientExtensionResults(),
});

const options = async (form) => {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("no options");
  return response.json();
};

const words = (error) =>
  error.name === "NotAllowedError"
    ? told("The passkey was not used. Try again, or choose another way.")
    : error.name === "InvalidStateError"
      ? told("This device has a passkey of this account already.")
      : told("This browser or device could not use a passkey. Choose another way.");

const go = async (form, button) => {
  const message = form.querySelector("[data-passkey-error]");
  message.hidden = true;
  button.disabled = true;
  try {
    const given = await options(form);
    const credential = given.creation_options
      ? await create(given.creation_options)
      : await get(given.request_options);
    form.elements.namedItem("credential").value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    message.textContent = words(error);
    message.hidden = false;
    button.disabled = false;
  }
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("[data-passkey-go]");
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    continue;
  }
  form.hidden = false;
  button.addEventListener("click", () => go(form, button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(form, button);
  });
}
