// Every page's share of the explorer: hears that a number is asked for, and only then loads the rest.

const NUMBER = "table[data-ref] td, [data-ref]:not(table)";
const OTHERWISE = "a[href], button, summary, label, .explorer";  // what does something else when it is pressed
const KEPT = `every-number ${new URL("../..", import.meta.url).pathname}`;

const explorer = () => import("./explorer/main.js").then(({ start }) => start()).catch((error) => {
  const dialog = document.querySelector(".md-dialog");
  dialog.firstElementChild.textContent = "What answers here could not be loaded. Load the page again to try once more.";
  dialog.role = "alert";
  dialog.classList.add("md-dialog--active");
  throw error;
});

addEventListener("click", (event) => {
  const number = event.target.closest?.(NUMBER);
  if (!number || event.target.closest(OTHERWISE) || event.defaultPrevented) return;
  const byKeyboard = !event.detail;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (!byKeyboard && !getSelection().isCollapsed) return;  // the end of a selection
  explorer().then((found) => found.askOf(number, byKeyboard));
});

// The numbers become reachable by keyboard once the keyboard is used.
addEventListener("keydown", function reach({ key }) {
  if (key !== "Tab") return;
  removeEventListener("keydown", reach);
  import("./explorer/keys.js").then(({ reachNumbers }) => reachNumbers(NUMBER, OTHERWISE));
});

// An address that asks or changes something, or changes made on a page before.
const asked = () => {
  const changes = sessionStorage.getItem(KEPT) ?? "[]";
  if (/[?&](ask|do)=/.test(location.search) || changes !== "[]") explorer();
};
addEventListener("popstate", asked);
asked();
