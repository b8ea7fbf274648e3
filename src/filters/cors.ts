import { isListedOrigin } from "#src/model/annotations/cors-origins.ts";
import type { CorsPolicy } from "./cors-policy.ts";
import type { FilterAnswer } from "./filter-answer.ts";
import type { FilterRequest } from "./filter-request.ts";
import type { ResponseEdit } from "./response-edit.ts";

/** What CORS looks at of a request. */
type CorsRequest = Pick<FilterRequest, "method" | "valuesOf">;

/**
 * The answer to a preflight. As in ingress-nginx every OPTIONS is one whose origin is listed, or every one at all where any origin
 * may call; those of other origins go to the endpoint. The fields of the answer are those of all answers (`corsEdit`).
 */
export function answerPreflight(policy: CorsPolicy, request: CorsRequest): FilterAnswer | undefined {
  return request.method === "OPTIONS" && allowedOrigin(policy, request) !== undefined ? { status: 204 } : undefined;
}

/** What CORS does to the fields of all answers to a request, also to errors, which pages could not read otherwise. */
export function corsEdit(policy: CorsPolicy, request: CorsRequest): Pick<ResponseEdit, "removes" | "lines"> {
  const origin = allowedOrigin(policy, request);
  // A cache must not give one origin what was written for another.
  const vary = policy.origins === "any" ? "" : "Vary: Origin\r\n";
  if (origin === undefined) return { removes: NONE, lines: vary };
  return { removes: policy.names, lines: `Access-Control-Allow-Origin: ${origin}\r\n${policy.lines}${vary}` };
}

const NONE: ReadonlySet<string> = new Set();

/** What `Access-Control-Allow-Origin` says; undefined: nothing. */
function allowedOrigin({ origins }: CorsPolicy, request: CorsRequest): string | undefined {
  if (origins === "any") return "*";
  const [origin, ...others] = request.valuesOf("origin");
  return origin !== undefined && others.length === 0 && isListedOrigin(origins, origin) ? origin : undefined;
}
