import { expect, it } from "vitest";
import { parseDeployment } from "#src/model/deployment.ts";
import { codes, object, valueOf } from "./build.ts";

/** A Deployment with this spec beside its template, and these ports of its container. */
function deployment(spec: object, ports: unknown = [], apiVersion = "apps/v1") {
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "i", ports }] } };
  return object(
    JSON.stringify({ apiVersion, kind: "Deployment", metadata: { name: "web" }, spec: { template, ...spec } }),
  );
}

it("reads a Deployment", () => {
  const ports = [{ containerPort: 80 }, { name: "dns", containerPort: 53, protocol: "UDP" }];
  const selector = { matchLabels: { app: "web" } };
  expect(valueOf(parseDeployment(deployment({ replicas: 0, selector }, ports)))).toEqual({
    key: "default/web",
    namespace: "default",
    name: "web",
    replicas: 0,
    selector: { app: "web" },
    podLabels: { app: "web" },
    containers: [
      {
        name: "web",
        image: "i",
        ports: [
          { name: "", port: 80, protocol: "TCP" },
          { name: "dns", port: 53, protocol: "UDP" },
        ],
      },
    ],
  });
});

it.each(["extensions/v1beta1", "apps/v1beta1"])(
  "takes the selector of %s from the pod's labels, and one replica",
  (old) => {
    expect(valueOf(parseDeployment(deployment({}, [], old)))).toMatchObject({ selector: { app: "web" }, replicas: 1 });
  },
);

it.each([
  { name: "a negative number of replicas", spec: { replicas: -1 }, ports: [], code: "FIELD_INVALID" },
  { name: "replicas in quotes", spec: { replicas: "2" }, ports: [], code: "FIELD_WRONG_TYPE" },
  { name: "no container", spec: { template: {} }, ports: [], code: "FIELD_MISSING" },
  { name: "a port without number", spec: {}, ports: [{ name: "http" }], code: "FIELD_MISSING" },
])("refuses $name", ({ spec, ports, code }) => {
  const parsed = parseDeployment(deployment(spec, ports));
  expect(parsed.ok).toBe(false);
  expect(codes(parsed.problems)).toEqual([code]);
});
