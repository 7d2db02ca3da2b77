/* The length of a drive from the positions along it. Positions stay in this page's memory. */
const EARTH_METRES = 6_371_008.8;
const LEAST_ACCURATE = 75;

/* Metres between two positions { latitude, longitude } in degrees, by the haversine formula. */
export const distance = (a, b) => {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const north = radians(b.latitude - a.latitude) / 2;
  const east = radians(b.longitude - a.longitude) / 2;
  const part = Math.sin(north) ** 2
    + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east) ** 2;
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(part)));
};

/* Metres along positions with their accuracy. What is too vague is left out, and so is a step shorter
   than both accuracies: standing still in a car park is no way driven. */
export const lengthOf = (positions) => {
  let last = null;
  let metres = 0;
  for (const position of positions) {
    if (position.accuracy > LEAST_ACCURATE) continue;
    if (!last) { last = position; continue; }
    const step = distance(last, position);
    if (step < Math.max(position.accuracy, last.accuracy)) continue;
    metres += step;
    last = position;
  }
  return metres;
};

const DENIED = 1;

/* The screen stays on while a drive is measured: a sleeping one tells no positions. Asked again when it comes back. */
const wakeful = () => {
  let lock = null;
  let wanted = false;
  const ask = async () => {
    if (!wanted || document.visibilityState !== "visible") return;
    try { lock = await navigator.wakeLock?.request("screen"); } catch { lock = null; }
    if (!wanted) lock?.release();
  };
  document.addEventListener("visibilitychange", ask);
  return (on) => { wanted = on; if (on) ask(); else { lock?.release(); lock = null; } };
};

export const drive = (host, { say, words, locale, done }) => {
  if (!navigator.geolocation) return;
  const find = (name) => host.querySelector(`[data-drive${name}]`);
  const told = (metres) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(metres / 1000);
  const awake = wakeful();
  let watch = null;
  let positions = [];
  find("").hidden = false;

  const running = (on) => { find("-start").hidden = on; find("-stop").hidden = !on; awake(on); };
  const stop = () => {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    running(false);
    const metres = lengthOf(positions);
    positions = [];
    return metres;
  };
  const finish = (metres) => { find("-say").textContent = say("drive_done", { km: told(metres) }); done(metres); };
  /* In a tunnel the way goes on when it is over; what was measured before a refusal is kept. */
  const lost = ({ code }) => {
    if (code !== DENIED) { find("-say").textContent = words.drive_lost; return; }
    const metres = stop();
    if (metres > 0) finish(metres);
    else find("-say").textContent = words.drive_denied;
  };
  find("-start").addEventListener("click", () => {
    positions = [];
    running(true);
    find("-say").textContent = say("drive_on", { km: told(0) });
    watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        positions.push({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy });
        find("-say").textContent = say("drive_on", { km: told(lengthOf(positions)) });
      },
      lost,
      { enableHighAccuracy: true, maximumAge: 0 },
    );
  });
  find("-stop").addEventListener("click", () => finish(stop()));
  // Nobody is followed behind a closed dialog.
  host.addEventListener("close", () => { if (watch !== null) { stop(); find("-say").textContent = ""; } });
};
