/** What lies in the cart, and who is signed in; both as long as the tab is open. */
import { CURRENCY, itemOf, PRODUCTS } from "./products.js";

const CART = "demo-shop-cart";
const ACCOUNT = "demo-shop-account";
const SHIPPING = 4.9;
const FREE_FROM = 75;
const MOST = 20;

/** @returns {{ product: (typeof PRODUCTS)[number], quantity: number }[]} */
export function cartLines() {
  const quantities = stored(CART) ?? {};
  return PRODUCTS.flatMap((product) => {
    const quantity = quantities[product.slug];
    return Number.isInteger(quantity) && quantity > 0 ? [{ product, quantity }] : [];
  });
}

export function setQuantity(product, quantity) {
  const lines = cartLines().map((line) => [line.product.slug, line.quantity]);
  const quantities = Object.fromEntries(lines);
  quantities[product.slug] = Math.max(0, Math.min(MOST, quantity));
  sessionStorage.setItem(CART, JSON.stringify(quantities));
}

export function quantityOf(product) {
  return cartLines().find((line) => line.product === product)?.quantity ?? 0;
}

export function emptyCart() {
  sessionStorage.removeItem(CART);
}

export function cartTotals() {
  const lines = cartLines();
  const goods = cents(lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0));
  const shipping = goods === 0 || goods >= FREE_FROM ? 0 : SHIPPING;
  const count = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return { count, goods, shipping, total: cents(goods + shipping), free: FREE_FROM };
}

/** The cart as events name it. */
export function cartProperties() {
  const { goods } = cartTotals();
  return {
    currency: CURRENCY,
    value: goods,
    items: cartLines().map(({ product, quantity }) => itemOf(product, quantity)),
  };
}

/** @returns {{ userId: string, email: string } | null} */
export function account() {
  return stored(ACCOUNT);
}

/** The same address is the same user, as in a shop that has a database. */
export function signIn(email) {
  let hash = 7;
  for (const sign of email.trim().toLowerCase()) hash = (hash * 31 + sign.codePointAt(0)) % 90_000;
  const user = { userId: `user_${10_000 + hash}`, email: email.trim() };
  sessionStorage.setItem(ACCOUNT, JSON.stringify(user));
  return user;
}

export function signOut() {
  sessionStorage.removeItem(ACCOUNT);
}

function cents(amount) {
  return Math.round(amount * 100) / 100;
}

function stored(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
