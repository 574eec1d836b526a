/** The cart, the checkout, and what comes after. */
import { account, cartLines, cartProperties, cartTotals, emptyCart, setQuantity } from "./basket.js";
import { track } from "./collector.js";
import { element, icon } from "./element.js";
import { CURRENCY, itemOf, money } from "./products.js";
import { addressOf, picture } from "./shop-products.js";

const ORDER = "demo-shop-order";

export function cartView(shop) {
  const body = element("section", { class: "cart" });
  const draw = () => {
    body.replaceChildren(...(cartLines().length === 0 ? [nothing()] : filled(shop, draw)));
    shop.refresh();
  };
  draw();
  return { title: "Cart | shop.example.com", body };
}

function nothing() {
  return element(
    "div",
    { class: "middle" },
    element("h1", {}, "Your cart is empty."),
    element("p", {}, "The mug is a good place to start."),
    element("a", { class: "primary", href: "/demo/shop", "data-inside": true }, "See the products"),
  );
}

function filled(shop, draw) {
  const lines = cartLines().map((line) => cartLine(shop, line, draw));
  const proceed = element("a", { class: "primary wide", href: "/demo/shop/checkout", "data-inside": true }, "Checkout");
  return [
    element("h1", {}, "Cart"),
    element(
      "div",
      { class: "two" },
      element("ul", { class: "lines" }, ...lines),
      element("aside", { class: "sum" }, ...sums(), proceed),
    ),
  ];
}

function cartLine(shop, { product, quantity }, draw) {
  const change = (by) => {
    setQuantity(product, quantity + by);
    const properties = { currency: CURRENCY, value: product.price, items: [itemOf(product, 1)] };
    track(by > 0 ? "add_to_cart" : "remove_from_cart", properties);
    shop.say(`${product.name}: ${quantity + by} in the cart.`);
    draw();
  };
  const button = (label, path, by) =>
    element(
      "button",
      { class: "round small", type: "button", "aria-label": label, onclick: () => change(by) },
      icon(path),
    );
  return element(
    "li",
    { class: "line" },
    element(
      "a",
      { href: addressOf(product), "data-inside": true, "aria-hidden": "true", tabindex: "-1" },
      picture(product, "eager"),
    ),
    element(
      "div",
      {},
      element("a", { class: "line-name", href: addressOf(product), "data-inside": true }, product.name),
      element("p", { class: "quiet-text" }, `${money(product.price)} each`),
    ),
    element(
      "div",
      { class: "stepper" },
      button(`One ${product.name} less`, "M5 12h14", -1),
      element("span", { "aria-label": `Quantity ${quantity}` }, String(quantity)),
      button(`One ${product.name} more`, "M12 5v14M5 12h14", 1),
    ),
    element("span", { class: "price" }, money(product.price * quantity)),
  );
}

function sums() {
  const { goods, shipping, total, free } = cartTotals();
  const row = (name, value, kind) => [element("dt", { class: kind }, name), element("dd", { class: kind }, value)];
  const left = Math.max(0, free - goods);
  return [
    element(
      "dl",
      { class: "sums" },
      ...row("Goods", money(goods)),
      ...row("Shipping", shipping === 0 ? "free" : money(shipping)),
      ...row("Total", money(total), "total"),
    ),
    left > 0
      ? element("p", { class: "quiet-text" }, `Shipping is free from ${money(free)}: ${money(left)} to go.`)
      : null,
  ].filter((part) => part !== null);
}

export function checkoutView(shop) {
  if (cartLines().length === 0) return { ...cartView(shop), title: "Checkout | shop.example.com" };
  const email = element("input", {
    id: "email",
    name: "email",
    type: "email",
    required: true,
    autocomplete: "email",
    placeholder: "jane@example.com",
    value: account()?.email,
  });
  const submit = (event) => {
    event.preventDefault();
    purchase(shop, email.value);
  };
  const form = element(
    "form",
    { class: "checkout-form", onsubmit: submit },
    element("label", { for: "email" }, "E-mail"),
    email,
    element(
      "p",
      { class: "quiet-text" },
      "The vendor never sees it: Signal puts its SHA-256 in its place before anything is sent.",
    ),
    element("button", { class: "primary wide", type: "submit" }, `Buy for ${money(cartTotals().total)}`),
    element("p", { class: "quiet-text" }, "No payment, no delivery: an order in a demo."),
  );
  const items = cartLines().map(({ product, quantity }) =>
    element(
      "li",
      {},
      picture(product, "eager"),
      element("span", {}, `${quantity} × ${product.name}`),
      element("span", { class: "price" }, money(product.price * quantity)),
    ),
  );
  const body = element(
    "section",
    { class: "cart" },
    element("h1", {}, "Checkout"),
    element(
      "div",
      { class: "two" },
      form,
      element("aside", { class: "sum" }, element("ul", { class: "small-lines" }, ...items), ...sums()),
    ),
  );
  return { title: "Checkout | shop.example.com", body, shown: () => track("begin_checkout", cartProperties()) };
}

function purchase(shop, email) {
  const { shipping, total } = cartTotals();
  const order = `T-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36).toUpperCase().padStart(7, "0")}`;
  track("purchase", { transaction_id: order, ...cartProperties(), value: total, shipping, email: email.trim() });
  sessionStorage.setItem(ORDER, order);
  emptyCart();
  shop.go("/demo/shop/thanks");
}

export function thanksView() {
  const order = sessionStorage.getItem(ORDER) ?? "";
  const framed = window.parent !== window;
  const body = element(
    "section",
    { class: "middle" },
    element("span", { class: "tick", "aria-hidden": "true" }, icon("M5 12.5l4.5 4.5L19 7.5")),
    element("h1", {}, "Thank you!"),
    element("p", {}, "Your order ", element("strong", {}, order), " is on its way, and so is the event."),
    framed ? null : element("a", { class: "primary", href: "/demo/receiver", target: "_blank" }, "Watch it arrive"),
    element("a", { class: "quiet", href: "/demo/shop", "data-inside": true }, "Go on shopping"),
  );
  return { title: "Thank you | shop.example.com", body };
}
