import type { CacheDuration } from "#src/model/annotations/auth-cache.ts";
import type { AuthMethod } from "#src/model/annotations/auth-method.ts";
import type { AuthUrl } from "#src/model/annotations/auth-url.ts";
import type { RequestTemplate } from "#src/model/annotations/request-template.ts";
import type { SignIn } from "./sign-in-location.ts";

/** A service that says of each request whether it may come in, as the annotations of an Ingress name it. */
export interface ExternalAuth {
  /** The path of the Ingress that asks. Its answers count for no other one: the service may look at what is asked for. */
  readonly place: string;
  readonly url: AuthUrl;
  readonly method: AuthMethod;
  /** Where clients are sent that it does not know; undefined: they get its 401. */
  readonly signIn: SignIn | undefined;
  /** Names of header fields of its answer that the endpoint gets, in lower case. The client's own never pass. */
  readonly responseHeaders: readonly string[];
  /** The ConfigMap (`namespace/name`) with header fields of the question; undefined: none. */
  readonly setHeaders: string | undefined;
  /** The value of X-Auth-Request-Redirect; undefined: path and query of the request. */
  readonly requestRedirect: RequestTemplate | undefined;
  /** Its cookies are sent with every answer, and not only with those that are not errors. */
  readonly alwaysSetsCookie: boolean;
  /** Its answers are kept under the values of this template; undefined: they are not kept. */
  readonly cacheKey: RequestTemplate | undefined;
  readonly cacheDurations: readonly CacheDuration[];
}

/** As in ingress-nginx, where a key is named and no durations. */
export const DEFAULT_CACHE_DURATIONS: readonly CacheDuration[] = [{ statuses: [200, 202, 401], ms: 300_000 }];

/** The argument of a sign-in URL that gets the return address, where none is named. */
export const DEFAULT_REDIRECT_PARAM = "rd";
