/** Scenes of a shop, on its site and in its app. */
import type { Scene, Scenes } from "./sample-scene.ts";

const HEADPHONES = {
  item_id: "SKU-1234",
  item_name: "Wireless Headphones",
  item_brand: "Example Audio",
  item_category: "Audio",
  item_variant: "black",
  price: 79.99,
  quantity: 1,
  index: 1,
  item_url: "https://shop.example.com/products/headphones",
  item_image: "https://shop.example.com/images/headphones.jpg",
};
const CABLE = {
  item_id: "SKU-5678",
  item_name: "Charging Cable, 2 m",
  item_brand: "Example Audio",
  item_category: "Accessories",
  item_variant: "white",
  price: 12.5,
  quantity: 2,
  index: 2,
  item_url: "https://shop.example.com/products/cable",
  item_image: "https://shop.example.com/images/cable.jpg",
};
const SHOES = {
  item_id: "SKU-2210",
  item_name: "Trail Running Shoes",
  item_brand: "Example Sports",
  item_category: "Shoes",
  item_variant: "42",
  price: 129,
  quantity: 1,
  index: 1,
  item_url: "https://shop.example.com/products/trail-shoes",
  item_image: "https://shop.example.com/images/trail-shoes.jpg",
};
const SOCKS = {
  item_id: "SKU-2345",
  item_name: "Running Socks",
  item_brand: "Example Sports",
  item_category: "Clothing",
  item_variant: "M",
  price: 9.5,
  quantity: 3,
  index: 2,
  item_url: "https://shop.example.com/products/socks",
  item_image: "https://shop.example.com/images/socks.jpg",
};

const SHOP_PAGES = {
  home: { name: "Home", path: "/" },
  cart: { name: "Cart", path: "/cart" },
  checkout: { name: "Checkout", path: "/checkout" },
  thanks: { name: "Thank you", path: "/checkout/thank-you" },
  account: { name: "Account", path: "/account" },
  search: { name: "Search", path: "/search" },
};

const AUDIO: Scene = {
  place: "london",
  host: "shop.example.com",
  site: "Shop",
  campaign: { source: "newsletter", medium: "email", name: "spring", content: "header", term: "headphones" },
  pages: {
    ...SHOP_PAGES,
    list: { name: "Audio", path: "/category/audio" },
    product: { name: "Wireless Headphones", path: "/products/headphones" },
  },
  values: {
    item_list_id: "audio",
    item_list_name: "Audio",
    search_term: "wireless headphones",
    item_id: "SKU-1234",
  },
  items: [HEADPHONES, CABLE],
};

const RUNNING: Scene = {
  place: "new_york",
  host: "shop.example.com",
  site: "Shop",
  campaign: { source: "social", medium: "paid", name: "autumn", content: "video", term: "running shoes" },
  pages: {
    ...SHOP_PAGES,
    list: { name: "Running", path: "/category/running" },
    product: { name: "Trail Running Shoes", path: "/products/trail-shoes" },
  },
  values: {
    item_list_id: "running",
    item_list_name: "Running",
    search_term: "trail running shoes",
    item_id: "SKU-2210",
    location: "New York",
    tax: 13.98,
    shipping: 6.5,
    discount: 15.75,
    coupon: "RUN10",
    promotion_id: "promo-autumn",
    promotion_name: "Autumn Sale",
    filters: [{ type: "size", value: "42" }],
    file_name: "/downloads/shoe-sizes.pdf",
    link_url: "https://shop.example.com/downloads/shoe-sizes.pdf",
    link_text: "Shoe sizes",
  },
  items: [SHOES, SOCKS],
};

export const SHOP_SCENES: Scenes = [AUDIO, RUNNING];

const APP_PAGES = {
  home: { name: "Home", path: "/home" },
  store: { name: "Shop Plus", path: "/plus" },
};

export const APP_SCENES: Scenes = [
  {
    ...AUDIO,
    device: "ios",
    pages: { ...APP_PAGES, product: { name: "Wireless Headphones", path: "/products/headphones" } },
    values: { screen_name: "Wireless Headphones" },
    items: [],
  },
  {
    ...RUNNING,
    device: "android",
    pages: { ...APP_PAGES, product: { name: "Trail Running Shoes", path: "/products/trail-shoes" } },
    values: {
      screen_name: "Trail Running Shoes",
      url: "https://shop.example.com/products/trail-shoes?utm_source=social&utm_medium=paid",
      campaign: { source: "social", medium: "push", name: "autumn", content: "New shoes are here" },
    },
    items: [],
  },
];
