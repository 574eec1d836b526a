/** The shop: one page that shows its parts by address, as most shops are built today. */
import { account, cartTotals, signIn, signOut } from "./basket.js";
import { forget, identify, isCollecting } from "./collector.js";
import { element, icon } from "./element.js";
import { cartView, checkoutView, thanksView } from "./shop-checkout.js";
import { listView, missingView, productView } from "./shop-products.js";
import { startStrip } from "./shop-strip.js";

const BASE = "/demo/shop";
const CART_ICON = "M3 4h2.2l2.3 11.4a1.5 1.5 0 0 0 1.5 1.2h8.3a1.5 1.5 0 0 0 1.5-1.2L20.5 8H6M9.5 20.5h.01M17 20.5h.01";
const PERSON_ICON = "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0";

const content = document.getElementById("content");
const dialog = document.getElementById("sign-in");

const shop = { go, say, refresh: showTools };

/** The view of an address: its title, and what is shown. */
function viewOf(path) {
  const inner = path.slice(BASE.length).replace(/\/+$/, "");
  if (inner === "") return listView(shop);
  if (inner === "/cart") return cartView(shop);
  if (inner === "/checkout") return checkoutView(shop);
  if (inner === "/thanks") return thanksView(shop);
  const product = /^\/products\/([a-z-]+)$/.exec(inner);
  return (product && productView(shop, product[1])) ?? missingView();
}

function show(view) {
  document.title = view.title;
  content.replaceChildren(view.body);
  showTools();
  // After the page view, which the collector notes in a moment.
  setTimeout(() => view.shown?.());
}

function showAfter(view) {
  show(view);
  const heading = content.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** The title first, so that whoever listens to the history finds the new page complete. */
function go(path) {
  const view = viewOf(path);
  document.title = view.title;
  history.pushState(null, "", path);
  showAfter(view);
}

function say(text) {
  document.getElementById("said").textContent = text;
}

function showTools() {
  const { count } = cartTotals();
  const label = count === 0 ? "Cart, empty" : `Cart, ${count} ${count === 1 ? "item" : "items"}`;
  const badge = count === 0 ? null : element("span", { class: "badge", "aria-hidden": "true" }, String(count));
  const link = document.getElementById("cart-link");
  link.setAttribute("aria-label", label);
  link.replaceChildren(icon(CART_ICON), element("span", { class: "word" }, "Cart"), ...(badge === null ? [] : [badge]));
  document.getElementById("account").replaceChildren(accountTool());
}

function accountTool() {
  const user = account();
  if (user === null) {
    const open = () => dialog.showModal();
    return element(
      "button",
      { class: "tool", type: "button", id: "sign-in-open", onclick: open },
      icon(PERSON_ICON),
      word("Sign in"),
    );
  }
  const leave = () => {
    signOut();
    forget();
    showTools();
    say("Signed out. The next events are another visitor's.");
    document.getElementById("sign-in-open").focus();
  };
  const initial = element("span", { class: "initial", "aria-hidden": "true" }, user.email.slice(0, 1).toUpperCase());
  const facts = { class: "tool", type: "button", id: "sign-out", onclick: leave, title: user.email };
  return element("button", facts, initial, word("Sign out"));
}

function word(text) {
  return element("span", { class: "word" }, text);
}

function listenForSignIn() {
  document.getElementById("sign-in-cancel").addEventListener("click", () => dialog.close());
  document.getElementById("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const user = signIn(new FormData(event.target).get("email"));
    identify(user.userId, { email: user.email });
    dialog.close();
    showTools();
    say(`Signed in as ${user.email}.`);
    document.getElementById("sign-out").focus();
  });
}

/** Links inside the shop change the page without loading it. */
function listenForLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-inside]") : null;
    if (link === null || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (link.pathname !== location.pathname) go(link.pathname);
  });
  addEventListener("popstate", () => showAfter(viewOf(location.pathname)));
}

function warnWithoutCollector() {
  if (isCollecting()) return;
  const notice = document.getElementById("notice");
  notice.textContent = `datafly.js could not be loaded from ${document.body.dataset.collector}: the shop works, but sends no events.`;
  notice.hidden = false;
}

listenForLinks();
listenForSignIn();
show(viewOf(location.pathname));
warnWithoutCollector();
startStrip(document.getElementById("strip"));
