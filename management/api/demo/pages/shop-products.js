/** The list of products, and the page of one. */
import { quantityOf, setQuantity } from "./basket.js";
import { track } from "./collector.js";
import { element, icon } from "./element.js";
import { CURRENCY, itemOf, money, pictureOf, productBySlug, PRODUCTS } from "./products.js";

const TITLE = "shop.example.com";
const BACK_ICON = "M15 5l-7 7 7 7";
const CHECK_ICON = "M5 12.5l4.5 4.5L19 7.5";

export function listView(shop) {
  const cards = PRODUCTS.map((product) => card(shop, product));
  const body = element(
    "div",
    { class: "list" },
    element(
      "section",
      { class: "hero" },
      element("h1", {}, "Good things, kept simple."),
      element("p", {}, "Eight of them. Look at one, put it in the cart, buy it, and watch where the events go."),
    ),
    element("ul", { class: "cards" }, ...cards),
  );
  return { title: `Good things | ${TITLE}`, body };
}

function card(shop, product) {
  const link = element(
    "a",
    { class: "card-link", href: addressOf(product), "data-inside": true },
    picture(product, "lazy"),
    element("span", { class: "card-name" }, product.name),
    element("span", { class: "card-line" }, product.line),
  );
  const facts = {
    class: "round",
    type: "button",
    "aria-label": `Add ${product.name} to the cart`,
    onclick: () => add(shop, product, 1),
  };
  const foot = element(
    "div",
    { class: "card-foot" },
    element("span", { class: "price" }, money(product.price)),
    element("button", facts, icon("M12 5v14M5 12h14")),
  );
  return element("li", { class: "card" }, link, foot);
}

export function productView(shop, slug) {
  const product = productBySlug(slug);
  if (product === undefined) return null;
  const body = element(
    "article",
    { class: "product" },
    element("a", { class: "back", href: "/demo/shop", "data-inside": true }, icon(BACK_ICON), "All products"),
    element("div", { class: "product-picture" }, picture(product, "eager")),
    element(
      "div",
      { class: "product-text" },
      element("p", { class: "kicker" }, product.category),
      element("h1", {}, product.name),
      element("p", { class: "price large" }, money(product.price)),
      element("p", { class: "lead" }, product.text),
      element("ul", { class: "facts" }, ...product.facts.map((fact) => element("li", {}, icon(CHECK_ICON), fact))),
      purchaseForm(shop, product),
    ),
  );
  const seen = { currency: CURRENCY, value: product.price, items: [itemOf(product, 1)] };
  return { title: `${product.name} | ${TITLE}`, body, shown: () => track("view_item", seen) };
}

function purchaseForm(shop, product) {
  const amount = element("input", {
    id: "amount",
    name: "amount",
    type: "number",
    min: "1",
    max: "9",
    value: "1",
    required: true,
    inputmode: "numeric",
  });
  const submit = (event) => {
    event.preventDefault();
    add(shop, product, Number(amount.value));
  };
  return element(
    "form",
    { class: "buy", onsubmit: submit },
    element("label", { for: "amount", class: "out-of-sight" }, "Quantity"),
    amount,
    element("button", { class: "primary wide", type: "submit" }, "Add to cart"),
  );
}

function add(shop, product, quantity) {
  setQuantity(product, quantityOf(product) + quantity);
  const value = Math.round(product.price * quantity * 100) / 100;
  track("add_to_cart", { currency: CURRENCY, value, items: [itemOf(product, quantity)] });
  shop.refresh();
  shop.say(`${product.name} is in the cart.`);
}

export function missingView() {
  const back = element("a", { class: "primary", href: "/demo/shop", "data-inside": true }, "To the products");
  const body = element("section", { class: "middle" }, element("h1", {}, "There is nothing here."), back);
  return { title: `Not found | ${TITLE}`, body };
}

export function picture(product, loading) {
  return element("img", { src: pictureOf(product), alt: "", width: "480", height: "480", loading });
}

export function addressOf(product) {
  return `/demo/shop/products/${product.slug}`;
}
