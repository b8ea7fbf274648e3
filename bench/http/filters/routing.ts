import { type FilterCase, hostOfCase, type Manifest } from "#bench/http/filter-case.ts";
import { ingressManifest } from "#bench/http/manifests.ts";

const WEIGHT = { name: "canary-weight" };
const HEADER = { name: "canary-header" };

/** Filters that say where a request goes; `service`: the URL that gets copies, `http://ADDRESS:PORT`. */
export function routingFilters(service: string): readonly FilterCase[] {
  return [
    {
      name: "rewrite",
      annotations: { "rewrite-target": "/$2", "use-regex": "true" },
      path: { path: "/api(/|$)(.*)", pathType: "ImplementationSpecific" },
      request: { target: "/api/items/17", status: 200 },
      nginx: { path: '~* "^/api(/|$)(.*)"', location: 'rewrite "(?i)^/api(/|$)(.*)" /$2 break;' },
    },
    {
      name: "redirect",
      annotations: { "permanent-redirect": "https://new.bench.test$request_uri" },
      request: { target: "/page?a=b", status: 301, answered: ["location", "https://new.bench.test/page?a=b"] },
      nginx: { location: "return 301 https://new.bench.test$request_uri;", pass: "" },
    },
    {
      ...WEIGHT,
      objects: [canary(WEIGHT, { "canary-weight": "20" })],
      request: { status: 200 },
      nginx: { http: "split_clients $request_id $by_weight { 20% canary; * endpoint; }", pass: "http://$by_weight" },
    },
    {
      ...HEADER,
      objects: [canary(HEADER, { "canary-by-header": "X-Canary" })],
      request: { headers: ["X-Canary: always"], status: 200 },
      nginx: {
        http: "map $http_x_canary $by_header { always canary; default endpoint; }",
        pass: "http://$by_header",
      },
    },
    {
      name: "sticky",
      annotations: { affinity: "cookie" },
      service: "three",
      request: { status: 200, keepsCookie: true },
    },
    {
      name: "mirror",
      annotations: { "mirror-target": `${service}/copy` },
      needsService: true,
      request: { status: 200 },
      nginx: {
        location: "mirror /mirror;",
        server: `location = /mirror {
          internal; proxy_pass http://endpoint/copy; proxy_http_version 1.1; proxy_set_header Connection "";
        }`,
      },
    },
    {
      name: "custom-errors",
      annotations: { "custom-http-errors": "503", "default-backend": "bench" },
      request: { target: "/fail", status: 200 },
      nginx: {
        location: "proxy_intercept_errors on; error_page 503 = @page;",
        server: `location @page {
          rewrite ^ / break; proxy_pass http://endpoint; proxy_http_version 1.1; proxy_set_header Connection "";
          proxy_set_header X-Code 503;
        }`,
      },
    },
  ];
}

function canary(of: Pick<FilterCase, "name">, annotations: Readonly<Record<string, string>>): Manifest {
  const name = `${of.name}-canary`;
  return ingressManifest({
    name,
    host: hostOfCase(of),
    service: "three",
    annotations: { canary: "true", ...annotations },
  });
}
