// A link to a line of code opens the tab that holds it.
function reveal() {
  const line = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const block = line && line.closest(".tabbed-block");
  if (!block) return;
  const at = [...block.parentElement.children].indexOf(block);
  block.closest(".tabbed-set").querySelectorAll(":scope > input")[at].click();
  line.scrollIntoView({ block: "center" });
}
addEventListener("hashchange", reveal);
reveal();
