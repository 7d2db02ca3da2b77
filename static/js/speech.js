/* Speaking into a comment, where the browser itself can listen. What goes wrong is said beside the button. */
const WHY = {
  "not-allowed": "speak_denied", "service-not-allowed": "speak_denied", "audio-capture": "speak_deaf",
  "no-speech": "speak_silent", network: "speak_offline", "language-not-supported": "speak_offline",
};

export const speech = (host, { words, locale }) => {
  const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
  if (!Recognition) return;
  let stopped = () => {};

  const prepare = (button) => {
    const field = document.getElementById(button.dataset.speak);
    const line = document.getElementById(button.getAttribute("aria-describedby"));
    let listening = null;
    const tell = (text, bad = false) => { line.textContent = text; line.toggleAttribute("data-bad", bad); };
    const end = () => { listening = null; stopped = () => {}; button.removeAttribute("aria-pressed"); };
    button.hidden = false;

    const listen = () => {
      stopped();
      const recognition = new Recognition();
      let why = "";
      listening = recognition;
      stopped = () => { end(); tell(""); recognition.abort(); };
      recognition.lang = locale;
      recognition.interimResults = false;
      recognition.onresult = (event) => {
        if (listening !== recognition) return;
        const heard = [...event.results].map((one) => one[0].transcript.trim()).join(" ");
        field.value = [field.value.trim(), heard].filter(Boolean).join(" ").slice(0, field.maxLength);
        field.dispatchEvent(new Event("input", { bubbles: true }));
      };
      recognition.onerror = (event) => { why = event.error === "aborted" ? "" : WHY[event.error] ?? "speak_offline"; };
      recognition.onend = () => {
        if (listening !== recognition) return;
        end();
        tell(words[why] ?? "", Boolean(why));
      };
      button.setAttribute("aria-pressed", "true");
      tell(words.listening);
      try { recognition.start(); } catch { end(); tell(words.speak_offline, true); }
    };
    button.addEventListener("click", () => { if (listening) listening.stop(); else listen(); });
  };

  host.querySelectorAll("[data-speak]").forEach(prepare);
  // Nobody is listened to behind a closed dialog.
  host.addEventListener("close", () => stopped());
};
