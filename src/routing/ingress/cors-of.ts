import { type CorsPolicy, corsPolicy } from "#src/filters/cors-policy.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";

/** What ingress-nginx says of CORS where an Ingress says nothing. */
const DEFAULTS = {
  methods: "GET, PUT, POST, DELETE, PATCH, OPTIONS",
  headers:
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
  maxAgeSeconds: 1_728_000,
};

/** Which other sites may call the paths of an Ingress; undefined: as their Services say. */
export function corsOf(settings: IngressSettings): CorsPolicy | undefined {
  if (settings.corsEnabled !== true) return undefined;
  return corsPolicy({
    origins: settings.corsOrigins ?? "any",
    methods: settings.corsMethods ?? DEFAULTS.methods,
    headers: settings.corsHeaders ?? DEFAULTS.headers,
    exposed: settings.corsExposed,
    allowsCredentials: settings.corsCredentials ?? true,
    maxAgeSeconds: settings.corsMaxAge ?? DEFAULTS.maxAgeSeconds,
  });
}
