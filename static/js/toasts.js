/* Toasts: from the server's events, from the last page, and for requests that failed. */
import { told } from "./words.js";
const SHOWN_FOR = 6000;
const UNDO_FOR = 10000;
const ICONS = { ok: "check", warn: "alert-triangle", bad: "alert-square" };
const host = () => document.getElementById("psa-toasts");

const token = () => {
  try { return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]; } catch { return ""; }
};

const show = ({ text, tone = "ok", undo_url: undoUrl = "" }) => {
  const template = document.getElementById("psa-toast");
  if (!host() || !template || !text) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  const use = toast.querySelector("use");
  use.setAttribute("href", use.dataset.base + (ICONS[tone] ?? ICONS.ok));
  toast.dataset.s = tone;
  toast.querySelector("span").textContent = text;
  const undo = toast.querySelector("[data-undo-button]");
  if (undoUrl) {
    undo.hidden = false;
    undo.addEventListener("click", async () => {
      undo.disabled = true;
      const answer = await fetch(undoUrl, { method: "POST", headers: { "X-CSRFToken": token() } });
      toast.remove();
      if (answer.ok) location.reload();
      else show({ text: answer.status === 409 ? await answer.text() : told("That could not be undone any more."), tone: "bad" });
    });
  }
  toast.querySelector("[data-dismiss]").addEventListener("click", () => toast.remove());
  host().append(toast);
  if (tone === "bad") return; // What was refused stays until it was read.
  let timer = setTimeout(() => toast.remove(), undoUrl ? UNDO_FOR : SHOWN_FOR);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => { timer = setTimeout(() => toast.remove(), SHOWN_FOR); });
};

document.addEventListener("psa:toast", (event) => show(event.detail));
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  const plain = event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  const sentences = {
    401: told("You have been signed out. Reload the page to sign in again."),
    403: told("Your role does not include this."),
    404: told("This is no longer here."),
    429: told("Too many requests at once. Wait a moment and try again."),
  };
  const text = (plain && responseText) || sentences[status] || told("Something broke on our side; nothing was kept.");
  show({ text, tone: "bad" });
});
document.addEventListener("htmx:sendError", () => {
  show({ text: told("The server did not answer. Look at your connection and try again."), tone: "bad" });
});
const fromPage = () => {
  host()?.querySelectorAll("[data-toast]").forEach((one) => {
    show({ text: one.dataset.toast, tone: one.dataset.tone, undo_url: one.dataset.undo });
    one.remove();
  });
};
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fromPage);
else fromPage();
