import type { FilterCase } from "#bench/http/filter-case.ts";

/** The form of requests whose bodies count. */
const POST = {
  method: "POST",
  headers: ["Content-Type: application/json"],
  body: JSON.stringify({ text: "x".repeat(1_000) }),
  status: 200,
} as const;
const JSON_TARGET = "/json";

/** Requests without a filter, which those with one are compared with. */
export const bases: readonly FilterCase[] = [
  { name: "bare", request: { status: 200 }, nginx: {} },
  { name: "bare-post", request: POST, nginx: {} },
  { name: "bare-json", request: { target: JSON_TARGET, status: 200 }, nginx: {} },
  { name: "bare-secure", request: { status: 200 }, isSecure: true },
];

/** Of what is done to answers, the filters that look at bodies. */
export const bodyFilters: readonly FilterCase[] = [
  {
    name: "body-size",
    annotations: { "proxy-body-size": "8m" },
    base: "bare-post",
    request: POST,
    nginx: { location: "client_max_body_size 8m;" },
  },
  {
    ...compressed("gzip", "gzip"),
    nginx: { location: "gzip on; gzip_comp_level 1; gzip_types application/json; gzip_proxied any;" },
  },
  compressed("brotli", "br"),
  compressed("zstd", "zstd"),
];

/** A process of its own compresses all answers, by an option of this name. */
function compressed(name: string, coding: string): FilterCase {
  const headers = [`Accept-Encoding: ${coding}`];
  const answered = ["content-encoding", coding] as const;
  const request = { target: JSON_TARGET, headers, status: 200, answered };
  return { name, base: "bare-json", options: [`--${name}`], request };
}
