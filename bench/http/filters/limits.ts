import type { FilterCase } from "#bench/http/filter-case.ts";

/** Beyond what one core can serve: every request is counted, and none is refused. */
const MANY_PER_SECOND = 1_000_000;

/** Filters that count requests. */
export const limitFilters: readonly FilterCase[] = [
  {
    name: "limit-rps",
    annotations: { "limit-rps": String(MANY_PER_SECOND) },
    request: { status: 200 },
    nginx: {
      http: `limit_req_zone $binary_remote_addr zone=rps:10m rate=${MANY_PER_SECOND}r/s;`,
      location: `limit_req zone=rps burst=${MANY_PER_SECOND} nodelay;`,
    },
  },
  {
    name: "limit-by-header",
    policy: {
      rateLimits: [{ requests: MANY_PER_SECOND, per: "second", key: [{ type: "Header", name: "X-Api-Key" }] }],
    },
    request: { headers: ["X-Api-Key: bench"], status: 200 },
    nginx: {
      http: `limit_req_zone $http_x_api_key zone=key:10m rate=${MANY_PER_SECOND}r/s;`,
      location: `limit_req zone=key burst=${MANY_PER_SECOND} nodelay;`,
    },
  },
  {
    name: "limit-connections",
    annotations: { "limit-connections": "1000" },
    request: { status: 200 },
    nginx: {
      http: "limit_conn_zone $binary_remote_addr zone=connections:10m;",
      location: "limit_conn connections 1000;",
    },
  },
];
