/* Letting this browser be written to: asked for by a press of a button, never by opening a page. */
const button = document.querySelector("[data-push-on]");
const say = document.querySelector("[data-push-say]");

const token = () => {
  try { return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]; } catch { return ""; }
};
const bytesOf = (text) => Uint8Array.from(
  atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const labelOf = () => {
  const agent = navigator.userAgent;
  const name = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]]
    .find(([part]) => agent.includes(part))?.[1] ?? "Browser";
  const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Mac", "Mac"], ["Windows", "Windows"], ["Linux", "Linux"]]
    .find(([part]) => agent.includes(part))?.[1];
  return system ? `${name}, ${system}` : name;
};

const subscribe = async () => {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("blocked");
  const registration = await navigator.serviceWorker.ready;
  const key = bytesOf(button.dataset.keyForPush);
  const made = async () => registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  // One made for another key of this site stands in the way of a new one.
  const subscription = await made().catch(async () => {
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    return made();
  });
  const response = await fetch(button.dataset.save, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify({ ...subscription.toJSON(), label: labelOf() }),
  });
  if (!response.ok) throw new Error((await response.json()).error);
  location.reload();
};

if (button) {
  const can = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  button.hidden = !can;
  if (!can) say.textContent = say.dataset.blocked;
  button.addEventListener("click", () => {
    subscribe().catch((error) => { say.textContent = error.message && error.message !== "blocked" ? error.message : say.dataset.blocked; });
  });
}
