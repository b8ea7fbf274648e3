import type { MetricsPages } from "./traffic-look.ts";

/** A program answers at once, or is not there. */
const LONGEST_MS = 5_000;
/** A page of 10,000 Ingresses has 25 MB. */
const MAX_BYTES = 64 << 20;

/** The pages of metrics at these URLs, all at once; why the first one cannot be read. */
export async function metricsOfUrls(urls: readonly string[]): Promise<MetricsPages> {
  const pages = new Map<string, string>();
  const read = await Promise.allSettled(urls.map(async (url) => pages.set(url, await textAt(url))));
  const failed = read.findIndex(({ status }) => status === "rejected");
  const result = read[failed];
  return result?.status === "rejected" ? `${urls[failed]} cannot be read: ${whyOf(result.reason as Error)}` : pages;
}

async function textAt(url: string): Promise<string> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(LONGEST_MS) });
  if (!response.ok || response.body === null) throw new Error(`it answers ${response.status}`);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > MAX_BYTES) throw new Error("it is too long");
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** `fetch` says what happened in the cause of its error. */
function whyOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
