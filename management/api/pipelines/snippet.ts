/** What goes into a page, or into a shell, to send a pipeline its first events. */
import { escaped } from "../http/message-page.ts";

export interface Snippet {
  script_url: string;
  html: string;
  html_async: string;
  curl: string;
}

const QUEUE = `<script>
  (function (w, d) {
    d = w.datafly = w.datafly || { q: [] };
    "track page identify group reset flush".split(" ").forEach(function (m) {
      d[m] = d[m] || function () { d.q.push([m, arguments, Date.now()]); };
    });
  })(window);
</script>`;

const EVENT = {
  type: "track",
  event: "Order Completed",
  userId: "user_98765",
  properties: { order_id: "1001", value: 79.99, currency: "EUR" },
};

/** @param origin the gateway's, as browsers reach it: `https://data.example.com` */
export function snippetOf({ origin, key }: { origin: string; key: string }): Snippet {
  const base = origin.replace(/\/+$/, "");
  const script = `${base}/datafly.js`;
  const attributes = `src="${escaped(script)}" data-pipeline-key="${escaped(key)}"`;
  return {
    script_url: script,
    html: `<script ${attributes}></script>`,
    html_async: `${QUEUE}\n<script async ${attributes}></script>`,
    curl: [
      `curl -X POST ${quoted(`${base}/v1/t`)}`,
      `-H ${quoted(`Authorization: Bearer ${key}`)}`,
      `-H 'Content-Type: application/json'`,
      `-d ${quoted(JSON.stringify(EVENT))}`,
    ].join(" \\\n  "),
  };
}

/** A word for a POSIX shell that means nothing but itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
