import { describe, expect, it } from "vitest";
import { parseQuestionHeaders } from "#src/auth/parse-question-headers.ts";
import { editResponse } from "#src/filters/edit-response.ts";
import { corsPolicy } from "#src/filters/cors-policy.ts";
import { parseSetHeaders } from "#src/filters/parse-set-headers.ts";
import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import { object } from "#test/model/build.ts";

function configMap(data: Readonly<Record<string, string>>) {
  return object(
    JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "h", namespace: "default" }, data }),
  );
}

const allowed = new Set([
  "x-frame-options",
  "x-one",
  "server",
  ...Array.from({ length: 40 }, (_, index) => `h-${index}`),
]);

describe("parseSetHeaders()", () => {
  it.each([
    { data: { "X-Frame-Options": " DENY " }, lines: "X-Frame-Options: DENY\r\n", faults: 0 },
    { data: { "X-One": "", Server: "mine" }, lines: "X-One: \r\nServer: mine\r\n", faults: 0 },
    { data: { "X-Two": "1", "X-One": "2" }, lines: "X-One: 2\r\n", faults: 1 },
    { data: { "X-One": "1\r\nX-Two: 2" }, lines: "", faults: 1 },
    { data: { "X-One": "ä" }, lines: "", faults: 1 },
    { data: { "X-One": "$upstream_addr" }, lines: "", faults: 1 },
    { data: { "X-One": "1 $ 2" }, lines: "X-One: 1 $ 2\r\n", faults: 0 },
    { data: { "X One": "1" }, lines: "", faults: 1 },
    { data: { "X-One": "x".repeat(4_096) }, lines: "", faults: 1 },
  ])("D writes $data as $lines", ({ data, lines, faults }) => {
    const { value, problems } = parseSetHeaders(configMap(data), allowed);
    expect([value.lines, problems.length]).toEqual([lines, faults]);
  });

  it.each(["Connection", "content-length", "Transfer_Encoding", "Set-Cookie", "Date", "Upgrade", "Proxy-Authenticate"])(
    "D writes no %s, whatever is allowed",
    (name) => {
      const { value, problems } = parseSetHeaders(configMap({ [name]: "x" }), new Set([name.toLowerCase()]));
      expect([value.lines, problems.length]).toEqual(["", 1]);
    },
  );

  it("D writes at most 32 fields", () => {
    const data = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`h-${index}`, "x"]));
    const { value, problems } = parseSetHeaders(configMap(data), allowed);
    expect([value.names.size, problems.length]).toEqual([32, 1]);
  });
});

describe("parseQuestionHeaders()", () => {
  it.each([
    { data: { "X-Tenant": "a", "X-Host": "$host" }, count: 2 },
    { data: { "X-Tenant": "$pid" }, count: undefined },
    { data: { "X-Tenant": "a", Host: "b" }, count: undefined },
    { data: {}, count: 0 },
  ])("D is used as a whole or not at all: $data", ({ data, count }) => {
    const parsed = parseQuestionHeaders(configMap(data));
    expect(parsed.ok ? parsed.value.length : undefined).toBe(count);
  });
});

describe("editResponse()", () => {
  const headers = new Map([
    [
      "default/h",
      { names: new Set(["access-control-max-age", "x-one"]), lines: "Access-Control-Max-Age: 5\r\nX-One: 1\r\n" },
    ],
  ]);
  const cors = corsPolicy({
    origins: "any",
    methods: "GET",
    headers: "A",
    exposed: undefined,
    allowsCredentials: false,
    maxAgeSeconds: 600,
  });
  const request = { method: "GET", valuesOf: () => [] };

  it("D lets a field of a ConfigMap win over that of CORS", () => {
    const edit = editResponse({ ...NO_FILTERS, cors, setHeaders: "default/h" }, request, headers);
    expect(edit?.lines).toBe(
      "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET\r\nAccess-Control-Allow-Headers: A\r\nAccess-Control-Max-Age: 5\r\nX-One: 1\r\n",
    );
    expect(edit?.removes.has("x-one")).toBe(true);
  });

  it("D changes nothing where the ConfigMap is not there", () => {
    expect(editResponse({ ...NO_FILTERS, setHeaders: "default/other" }, request, headers)).toBeUndefined();
  });
});
