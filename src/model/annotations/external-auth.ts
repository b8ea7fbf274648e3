import { AUTH_CACHE_DURATION, AUTH_CACHE_KEY } from "./auth-cache.ts";
import { AUTH_METHOD } from "./auth-method.ts";
import { AUTH_RESPONSE_HEADERS } from "./auth-response-headers.ts";
import {
  AUTH_ALWAYS_SET_COOKIE,
  AUTH_REQUEST_REDIRECT,
  AUTH_SIGNIN,
  AUTH_SIGNIN_REDIRECT_PARAM,
} from "./auth-signin.ts";
import { AUTH_URL } from "./auth-url.ts";
import { SATISFY } from "./satisfy.ts";

/** A service that says who may come in, and how it goes with the other restrictions; by the names that their values have in the program. */
export const EXTERNAL_AUTH = {
  authUrl: AUTH_URL,
  authSignIn: AUTH_SIGNIN,
  authSignInRedirectParam: AUTH_SIGNIN_REDIRECT_PARAM,
  authMethod: AUTH_METHOD,
  authResponseHeaders: AUTH_RESPONSE_HEADERS,
  authRequestRedirect: AUTH_REQUEST_REDIRECT,
  authAlwaysSetsCookie: AUTH_ALWAYS_SET_COOKIE,
  authCacheKey: AUTH_CACHE_KEY,
  authCacheDuration: AUTH_CACHE_DURATION,
  satisfy: SATISFY,
} as const;
