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

export const drive = (host, { say, words, locale, done }) => {
  if (!navigator.geolocation) return;
  const find = (name) => host.querySelector(`[data-drive${name}]`);
  const told = (metres) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(metres / 1000);
  let watch = null;
  let positions = [];
  find("").hidden = false;

  const running = (on) => { find("-start").hidden = on; find("-stop").hidden = !on; };
  const stop = () => {
    navigator.geolocation.clearWatch(watch);
    watch = null;
    running(false);
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
      () => { stop(); find("-say").textContent = words.drive_denied; },
      { enableHighAccuracy: true, maximumAge: 0 },
    );
  });
  find("-stop").addEventListener("click", () => {
    stop();
    const metres = lengthOf(positions);
    positions = [];
    find("-say").textContent = say("drive_done", { km: told(metres) });
    done(metres);
  });
};
