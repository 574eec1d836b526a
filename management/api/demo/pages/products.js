/** What the shop sells. */

export const CURRENCY = "EUR";

export const PRODUCTS = [
  {
    slug: "headphones",
    id: "SKU-1234",
    name: "Wireless Headphones",
    category: "Audio",
    price: 79.99,
    line: "Thirty hours of quiet.",
    text: "Closed, light and honest. They fold flat, charge in the time of a coffee, and the cushions can be replaced.",
    facts: ["30 hours a charge", "Folds flat, 218 g", "Spare cushions for ten years"],
  },
  {
    slug: "mug",
    id: "SKU-2201",
    name: "Stoneware Mug",
    category: "Kitchen",
    price: 18,
    line: "Heavy where it should be.",
    text: "Thrown on the wheel and glazed twice. The handle takes three fingers, the inside a large coffee.",
    facts: ["0.35 litres", "Dishwasher safe", "Each one slightly different"],
  },
  {
    slug: "lamp",
    id: "SKU-3107",
    name: "Reading Lamp",
    category: "Light",
    price: 64,
    line: "Light on the page, not in the eyes.",
    text: "Two joints, one knob, warm light without flicker. Stays where you put it.",
    facts: ["Dims from 4 to 100 %", "2,700 kelvin", "Brass joints"],
  },
  {
    slug: "plant",
    id: "SKU-4020",
    name: "Patient Plant",
    category: "Green",
    price: 29.5,
    line: "Forgives a holiday.",
    text: "Wants light, and water when you think of it. Comes in a clay pot with a saucer.",
    facts: ["Water every two weeks", "45 cm tall", "Clay pot included"],
  },
  {
    slug: "notebook",
    id: "SKU-5150",
    name: "Dotted Notebook",
    category: "Paper",
    price: 14.9,
    line: "Lies flat from page one.",
    text: "Thread-bound, 120 g paper that takes ink without showing it on the other side. With a pencil.",
    facts: ["192 numbered pages", "5 mm dots", "Recycled cloth cover"],
  },
  {
    slug: "keyboard",
    id: "SKU-6412",
    name: "Compact Keyboard",
    category: "Desk",
    price: 119,
    line: "Every key where it belongs.",
    text: "Quiet switches, a frame of aluminium, and a cable that can be pulled out. Made to be opened and repaired.",
    facts: ["Hot-swap switches", "31 cm wide", "One orange key"],
  },
  {
    slug: "backpack",
    id: "SKU-7003",
    name: "Canvas Backpack",
    category: "Carry",
    price: 89,
    line: "Fits under the seat.",
    text: "Waxed canvas with leather straps. A padded sleeve for the computer, and one pocket that is just deep enough.",
    facts: ["18 litres", "Sleeve for 14 inches", "Repaired for free"],
  },
  {
    slug: "clock",
    id: "SKU-8080",
    name: "Alarm Clock",
    category: "Home",
    price: 42,
    line: "Lets the phone sleep elsewhere.",
    text: "A bell with two cups, a second hand that does not tick, and a light that comes on when you touch it.",
    facts: ["Silent movement", "One AA battery a year", "Steel and glass"],
  },
];

export function productBySlug(slug) {
  return PRODUCTS.find((product) => product.slug === slug);
}

export function pictureOf(product) {
  return `/demo/assets/product-${product.slug}.svg`;
}

const MONEY = new Intl.NumberFormat("en-IE", { style: "currency", currency: CURRENCY });

export function money(amount) {
  return MONEY.format(amount);
}

/** A product as events name it. */
export function itemOf(product, quantity) {
  return {
    item_id: product.id,
    item_name: product.name,
    item_category: product.category,
    price: product.price,
    quantity,
  };
}
