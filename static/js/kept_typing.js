// A form that is asked anew while somebody types keeps what was typed, and chosen, meanwhile.

const FORM = "[data-keeps-typing]";
let asked = new Map();

const fieldsOf = (form) =>
  [...form.elements].filter((field) => field.name && field.type !== "hidden");
const valueOf = (field) =>
  field.type === "checkbox" || field.type === "radio" ? field.checked : field.value;
const keyOf = (field) =>
  field.type === "checkbox" || field.type === "radio" ? `${field.name}=${field.value}` : field.name;

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.target.matches?.(FORM) && event.detail.target.querySelector("form");
  if (form) asked = new Map(fieldsOf(form).map((field) => [keyOf(field), valueOf(field)]));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const place = event.detail.target.matches?.(FORM) ? event.detail.target : null;
  const form = place?.querySelector("form");
  if (!form || !event.detail.shouldSwap) return;
  // What is on its way with a press of its button is not put in another's place meanwhile.
  if (form.hasAttribute("aria-busy") && event.detail.requestConfig.verb === "get") {
    event.detail.shouldSwap = false;
    return;
  }
  const changed = fieldsOf(form).filter((field) =>
    field.type === "file" ? field.files.length : asked.get(keyOf(field)) !== valueOf(field),
  );
  const focused = form.contains(document.activeElement) ? document.activeElement.name : "";
  const restore = () => {
    const fresh = document.getElementById(place.id)?.querySelector("form");
    if (!fresh) return;
    let answeredLate = null;
    for (const field of fieldsOf(fresh)) {
      const typed = changed.find((one) => keyOf(one) === keyOf(field));
      if (!typed) continue;
      if (field.type === "file") {
        field.files = typed.files; // no answer ever knows of a file
        continue;
      }
      if (field.type === "checkbox" || field.type === "radio") field.checked = typed.checked;
      else field.value = typed.value;
      // The answer does not know of what was changed meanwhile: it is asked anew.
      if (!answeredLate?.closest("[hx-get]")) answeredLate = field;
    }
    if (answeredLate) {
      const again = () => answeredLate.dispatchEvent(new Event("change", { bubbles: true }));
      document.addEventListener("htmx:afterSettle", again, { once: true });
    }
    if (focused) fieldsOf(fresh).find((field) => field.name === focused)?.focus();
  };
  document.addEventListener("htmx:afterSwap", restore, { once: true });
});
