/* Speaking into a comment, where the browser itself can listen. */
export const speech = (host, { words, locale }) => {
  const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
  if (!Recognition) return;
  host.querySelectorAll("[data-speak]").forEach((button) => {
    const field = document.getElementById(button.dataset.speak);
    let listening = null;
    button.hidden = false;
    button.addEventListener("click", () => {
      if (listening) { listening.stop(); return; }
      listening = new Recognition();
      listening.lang = locale;
      listening.interimResults = false;
      listening.onresult = (event) => {
        const heard = [...event.results].map((one) => one[0].transcript.trim()).join(" ");
        field.value = [field.value.trim(), heard].filter(Boolean).join(" ").slice(0, field.maxLength);
        field.dispatchEvent(new Event("input", { bubbles: true }));
      };
      listening.onend = () => { listening = null; button.removeAttribute("aria-pressed"); button.title = ""; };
      button.setAttribute("aria-pressed", "true");
      button.title = words.listening;
      listening.start();
    });
  });
};
