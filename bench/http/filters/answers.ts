import type { FilterCase } from "#bench/http/filter-case.ts";

const ORIGIN = "https://shop.bench.test";
const CORS = { "enable-cors": "true", "cors-allow-origin": ORIGIN };
const NGINX_CORS = `add_header Access-Control-Allow-Origin ${ORIGIN}; add_header Access-Control-Allow-Credentials true;
  add_header Access-Control-Allow-Methods "GET, PUT, POST, DELETE, PATCH, OPTIONS";
  add_header Access-Control-Allow-Headers "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";
  add_header Access-Control-Max-Age 1728000;`;

/** Filters that change answers. */
export const answerFilters: readonly FilterCase[] = [
  {
    name: "cors",
    annotations: CORS,
    request: { headers: [`Origin: ${ORIGIN}`], status: 200, answered: ["access-control-allow-origin", ORIGIN] },
    nginx: { location: NGINX_CORS },
  },
  {
    name: "cors-preflight",
    annotations: CORS,
    request: {
      method: "OPTIONS",
      headers: [`Origin: ${ORIGIN}`, "Access-Control-Request-Method: PUT"],
      status: 204,
      answered: ["access-control-allow-origin", ORIGIN],
    },
    nginx: { location: `${NGINX_CORS} return 204;`, pass: "" },
  },
  {
    name: "custom-headers",
    annotations: { "custom-headers": "custom-headers" },
    objects: [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "custom-headers" },
        data: { "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin" },
      },
    ],
    request: { status: 200, answered: ["x-frame-options", "DENY"] },
    nginx: { location: "add_header X-Frame-Options DENY always; add_header Referrer-Policy same-origin always;" },
  },
  {
    name: "snippet-headers",
    annotations: {
      "configuration-snippet":
        'add_header X-Frame-Options DENY always;\nmore_set_headers "Referrer-Policy: same-origin";\nproxy_set_header X-Tenant bench;\n',
    },
    request: { status: 200, answered: ["referrer-policy", "same-origin"] },
    nginx: {
      location:
        "add_header X-Frame-Options DENY always; add_header Referrer-Policy same-origin always; proxy_set_header X-Tenant bench;",
    },
  },
  {
    name: "access-log",
    options: ["--access-log", "--access-log-format=nginx"],
    request: { status: 200 },
    nginx: {
      http: `log_format ingress '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" $request_length $request_time [$host] [] $upstream_addr $upstream_response_length '
        '$upstream_response_time $upstream_status $request_id';`,
      location: "access_log /dev/null ingress;",
    },
  },
];
