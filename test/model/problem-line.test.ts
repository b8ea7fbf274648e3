import { describe, expect, it } from "vitest";
import { parseManifests } from "#src/model/manifest.ts";
import { parsers } from "./build.ts";

/** `CODE line` of every Problem in a file: in its text, and in each of its objects. Lines count from 1. */
function found(...lines: readonly string[]): string[] {
  const { objects, unusable, problems } = parseManifests(lines.join("\n"), "f.yaml", { keepsLines: true });
  const inside = [...objects, ...unusable].flatMap((object) => parsers[object.kind]?.(object).problems ?? []);
  return [...problems, ...inside].map(
    ({ code, line, at }) => `${code} ${line ?? (at.kind === "file" ? at.line : undefined)}`,
  );
}

const service = ["apiVersion: v1", "kind: Service", "metadata:", "  name: web"];
const configMap = [
  "apiVersion: v1",
  "kind: ConfigMap",
  "metadata: { name: hawser, namespace: hawser-system }",
  "data:",
];

describe("O8 a Problem names the line of the value", () => {
  it.each([
    {
      name: "a number in a list",
      lines: [...service, "spec:", "  ports:", "  - name: a", "    port: 80", "  - name: b", "    port: 99999"],
      is: ["FIELD_INVALID 10"],
    },
    {
      name: "a field that is missing: of the value that lacks it",
      lines: [...service, "spec:", "  type: LoadBalancer", "  ports:", "  - name: a"],
      is: ["FIELD_MISSING 8"],
    },
    {
      name: "a map in place of a list: of the key",
      lines: [...service, "spec:", "  ports:", "    port: 80"],
      is: ["FIELD_WRONG_TYPE 6", "FIELD_MISSING 6"],
    },
    {
      name: "an annotation",
      lines: [
        ...service,
        "  annotations:",
        "    other: x",
        "    hawser.dev/load-balancer-ips: 1.2.3",
        "spec: { type: LoadBalancer, ports: [{ port: 80 }] }",
      ],
      is: ["REQUEST_ADDRESS_UNREADABLE 7"],
    },
    {
      name: "in the second document, after a comment",
      lines: [...service, "spec: { ports: [{ port: 80 }] }", "---", "# the other", ...service, "spec: { ports: 80 }"],
      is: ["FIELD_WRONG_TYPE 12", "FIELD_MISSING 12"],
    },
    {
      name: "in an item of a List",
      lines: [
        "apiVersion: v1",
        "kind: List",
        "items:",
        "- apiVersion: v1",
        "  kind: Service",
        "  metadata: { name: a }",
        "  spec:",
        "    ports: [{ port: 0 }]",
      ],
      is: ["FIELD_INVALID 8"],
    },
    {
      name: "the identity of an object",
      lines: ["apiVersion: v1", "kind: Service", "metadata:", "  name: Upper", "spec: { ports: [{ port: 80 }] }"],
      is: ["OBJECT_NAME_INVALID 4"],
    },
    {
      name: "through an anchor and a merge key",
      lines: [...service, "spec:", "  x: &x", "    port: 99999", "  ports:", "  - <<: *x", "    name: a"],
      is: ["FIELD_INVALID 7"],
    },
    {
      name: "in JSON",
      lines: [
        '{"apiVersion": "v1", "kind": "Service",',
        '"metadata": {"name": "web"},',
        '"spec": {"ports": [',
        '{"port": 0}]}}',
      ],
      is: ["FIELD_INVALID 4"],
    },
    {
      name: "inside the text of data.config",
      lines: [
        ...configMap,
        "  config: | # pools",
        "    address-pools:",
        "    - name: a",
        "      protocol: layer2",
        "      addresses:",
        "      - 192.0.2.1-192.0.2.9",
        "      - 192.0.2.40-192.0.2.30",
      ],
      is: ["POOL_RANGE_REVERSED 11"],
    },
    {
      name: "bad YAML inside the text of data.config",
      lines: [...configMap, "  config: |", "    address-pools:", "    - name: a", "      addresses: [", "    - b"],
      is: ["CONFIG_NOT_YAML 9"],
    },
    {
      name: "a text of data.config in quotes: the line that it begins in",
      lines: [...configMap, '  config: "address-pools: [{name: a, protocol: bgb, addresses: [192.0.2.0/28]}]"'],
      is: ["POOL_PROTOCOL_UNKNOWN 5"],
    },
  ])("$name", ({ lines, is }) => {
    expect(found(...lines)).toEqual(is);
  });

  it("and no line where none is known", () => {
    const { objects } = parseManifests([...service, "spec: { ports: [{ port: 0 }] }"].join("\n"), "f.yaml");
    const problems = objects.flatMap((object) => parsers[object.kind]?.(object).problems ?? []);
    expect(problems.map(({ line }) => line)).toEqual([undefined]);
  });
});
