import type { ServedAnnotation } from "./annotation-record.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

export const CONNECTION_PROXY_HEADER: ServedAnnotation<"keep-alive" | "close"> = {
  names: ["connection-proxy-header"],
  doc: "The field `Connection` of requests to the Service: `keep-alive`, or `close` for a new connection each time. Left out: none, which keeps connections too. A WebSocket has its own beside it",
  served: { prefixes: OWN_PREFIXES, parse: tunedBy(parseOption, 'Write "keep-alive" or "close"') },
};

function parseOption(text: string): "keep-alive" | "close" | undefined {
  const lower = text.toLowerCase();
  return lower === "keep-alive" || lower === "close" ? lower : undefined;
}
