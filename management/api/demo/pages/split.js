/** Where there is no room for both, one side at a time. */

const buttons = [...document.querySelectorAll("[data-to]")];
for (const button of buttons) {
  button.addEventListener("click", () => {
    document.body.dataset.side = button.dataset.to;
    for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
  });
}
