import type { ServedAnnotation } from "./annotation-record.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

const CUSTOM_HTTP_ERRORS: ServedAnnotation<readonly number[]> = {
  names: ["custom-http-errors"],
  doc: "Statuses, divided by commas, that the Service of `default-backend`, else that of `--default-backend-service`, answers in place of: it is asked for `/` by GET, with `X-Code` and what else ingress-nginx says of the request, and its answer is sent as it is. Statuses of endpoints, and 502, 503 and 504 where none answers; not those of restrictions. Where there is no such Service, the error is sent",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy(parseStatuses, "Write statuses from 400 to 599, such as 404,503"),
  },
};

const DISABLE_PROXY_INTERCEPT_ERRORS: ServedAnnotation<boolean> = {
  names: ["disable-proxy-intercept-errors"],
  doc: "Whether `custom-http-errors` leaves the answers of endpoints as they are",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
};

/** Answers in place of errors, by the names that the values have in the program. */
export const CUSTOM_ERRORS = {
  customErrors: CUSTOM_HTTP_ERRORS,
  isNotIntercepted: DISABLE_PROXY_INTERCEPT_ERRORS,
} as const satisfies Readonly<Record<string, ServedAnnotation<unknown>>>;

function parseStatuses(text: string): readonly number[] | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  return parts.length > 0 && parts.every((part) => /^[45]\d\d$/.test(part))
    ? [...new Set(parts.map(Number))]
    : undefined;
}
