// The page is out of sight while it takes the form and the place that an address asks for: parts of it are drawn and
// letters arrive on the way (performance.css), and none of that is seen to move.

const LONGEST = 3000;  // ms; then the page is shown as it is
const STEADY = 3;      // frames in which nothing has moved

const busy = () => document.fonts.status !== "loaded" || document.querySelector(".md-content").ariaBusy;  // follow.js
const frame = () => new Promise(requestAnimationFrame);

// `change` changes the page and returns the element to be brought into view, if there is one; `placed` is called with
// it each time that it has been brought there.
export async function arrive(change, placed) {
  const { classList } = document.documentElement;
  classList.add("arriving");
  try {
    const place = change();
    if (place) await settle(place, placed);
    else for (let drawn = 0; drawn < 2; drawn++) await frame();  // the first comes before anything is drawn
  } finally {
    classList.remove("arriving");
  }
}

async function settle(place, placed) {
  const end = performance.now() + LONGEST;
  for (let steady = 0, was = ""; steady < STEADY && performance.now() < end; ) {
    place.scrollIntoView({ block: "center", behavior: "instant" });
    placed(place);
    await frame();
    const is = `${Math.round(place.getBoundingClientRect().top)} ${document.documentElement.scrollHeight}`;
    steady = is === was && !busy() ? steady + 1 : 0;
    was = is;
  }
}
