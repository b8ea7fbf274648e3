import { parseUrlTemplate } from "#src/model/url-template.ts";
import type { ReadDirective } from "./read-snippet.ts";
import { type SnippetAnswer, SNIPPET_STATUSES } from "./snippet.ts";

const REDIRECTS = [301, 302, 303, 307, 308] as const;

/** `return 403;`, `return 301 URL;`, and `return URL;` for 302. A text for the client is only left out of an error. Undefined: another answer. */
export function readReturn({ args, block }: ReadDirective): SnippetAnswer | undefined {
  const [first = "", second, ...rest] = args;
  if (block !== undefined || rest.length > 0) return undefined;
  const url = /^(?:https?:|\$scheme)/.test(first) && second === undefined ? first : second;
  const code = url === first ? 302 : Number(first);
  const status = REDIRECTS.find((one) => one === code);
  if (status !== undefined && url !== undefined) return redirectTo(url, status);
  const answered = SNIPPET_STATUSES.find((one) => one === code);
  return answered === undefined || (second !== undefined && answered < 400)
    ? undefined
    : { kind: "respond", status: answered };
}

/** A redirect to a URL, or to a path of the host, as nginx writes it. Undefined where the text cannot be used. */
export function redirectTo(url: string, status: (typeof REDIRECTS)[number]): SnippetAnswer | undefined {
  const location = parseUrlTemplate(url);
  return "why" in location ? undefined : { kind: "redirect", redirect: { status, location, isRelative: false } };
}
