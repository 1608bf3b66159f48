// Where a link leads is known to a line only when the parts of the page around it are drawn (performance.css):
// for a moment after the jump the page is held there, unless its reader has moved on.
{
  const MOVES = ["wheel", "touchstart", "pointerdown", "keydown"];
  let jump = 0;

  const hold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const block = target.closest(".tabbed-block") ? "center" : "start";
    const mine = ++jump;
    const leave = () => { if (mine === jump) jump++; };
    for (const move of MOVES) addEventListener(move, leave, { once: true, passive: true });
    const again = (frames) => {
      if (mine !== jump) return;
      target.scrollIntoView({ block, behavior: "instant" });
      if (frames) requestAnimationFrame(() => again(frames - 1));
    };
    requestAnimationFrame(() => again(20));
  };

  addEventListener("hashchange", hold);
  addEventListener("load", hold);
  addEventListener("click", ({ target }) => {
    const link = target.closest?.("a[href]");
    if (link && link.hash && link.href === location.href) hold();  // there already: no hashchange follows
  });
}
