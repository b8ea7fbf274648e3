import { describe, expect, it } from "vitest";
import { objectAt, placeInside, printPlace, type ProblemPlace } from "#src/model/problem-place.ts";

const places: readonly (readonly [ProblemPlace, string])[] = [
  [objectAt("Service", "shop/web"), 'Service "shop/web"'],
  [objectAt("Node", "n1"), 'Node "n1"'],
  [placeInside(objectAt("Service", "shop/web"), "spec.ports[0].port"), 'Service "shop/web" spec.ports[0].port'],
  [placeInside(objectAt("Service", "shop/web"), ""), 'Service "shop/web"'],
  [{ kind: "file", file: "shop.yaml" }, "shop.yaml"],
  [{ kind: "file", file: "shop.yaml", line: 12 }, "shop.yaml:12"],
  [placeInside({ kind: "file", file: "a.yaml", line: 1, path: "items[3]" }, "kind"), "a.yaml:1 items[3] kind"],
  [{ kind: "answer", of: "Service", path: "metadata.name" }, "a Service of the API server metadata.name"],
  [{ kind: "copy", file: "b.yaml", id: "Service/shop/web" }, "b.yaml: Service/shop/web"],
  [{ kind: "option", names: ["--manifests", "--kubeconfig"] }, "--manifests, --kubeconfig"],
  [{ kind: "argument", text: "x" }, '"x"'],
  [{ kind: "url", url: "https://api/v1/nodes" }, "https://api/v1/nodes"],
  [{ kind: "url", url: "https://api/v1/nodes", isWatch: true }, "https://api/v1/nodes (events)"],
  [{ kind: "namespace", name: "hawser" }, 'namespace "hawser"'],
  [{ kind: "interface", name: "eth0" }, "interface eth0"],
  [{ kind: "speaker", nodes: ["n1"] }, "speaker n1"],
  [{ kind: "speaker", nodes: ["n1", "n2"] }, "speakers n1 and n2"],
  [{ kind: "part", name: "heartbeats" }, "heartbeats"],
  [{ kind: "statuses", services: ["shop/a", "shop/b"] }, 'status of Service "shop/a", Service "shop/b"'],
  [{ kind: "statuses", services: [] }, "statuses of Services"],
  [{ kind: "reported", where: "interface eth0", nodes: [] }, "interface eth0"],
  [{ kind: "reported", where: "interface eth0", nodes: ["n1", "n2"] }, "speaker on n1, n2: interface eth0"],
];

describe("printPlace()", () => {
  it.each(places)("%j is %s", (place, text) => expect(printPlace(place)).toBe(text));
});
