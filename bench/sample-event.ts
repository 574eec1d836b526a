/** A purchase as a shop's page sends it, about 1 kB. */
export function sampleEvent(index: number, extra: object = {}): object {
  return {
    type: "track",
    event: "Order Completed",
    messageId: `bench-${index}`,
    anonymousId: `00000000-0000-4000-8000-${String(index % 1000).padStart(12, "0")}`,
    timestamp: new Date().toISOString(),
    properties: {
      order_id: `order-${index}`,
      revenue: 129.9,
      currency: "EUR",
      coupon: "SPRING",
      items: [
        { item_id: "SKU-1234", item_name: "Wireless Headphones", price: 79.9, quantity: 1, item_category: "Audio" },
        { item_id: "SKU-5678", item_name: "Charging Cable, 2 m", price: 25, quantity: 2, item_category: "Accessories" },
      ],
      ...extra,
    },
    context: {
      page: {
        url: "https://shop.example.com/checkout/thank-you",
        path: "/checkout/thank-you",
        title: "Thank you | Shop",
        referrer: "https://shop.example.com/checkout/payment",
      },
      userAgent:
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
      locale: "en-GB",
      timezone: "Europe/Berlin",
      library: { name: "@datafly/collector", version: "1.0.0" },
      consent: { analytics: true, marketing: true, advertising: true },
    },
  };
}
