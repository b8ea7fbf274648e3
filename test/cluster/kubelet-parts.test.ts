import { mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { programOf } from "#lab/rack/image-program.ts";
import { commandOf, environmentOf } from "#lab/kubelet/environment.ts";
import type { Objects } from "#lab/kubelet/objects.ts";
import { placePod } from "#lab/kubelet/placement.ts";
import { PodFacts } from "#lab/kubelet/pod-facts.ts";
import { Volumes } from "#lab/kubelet/volumes.ts";

const NO_SCHEDULE = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

function node(name: string, labels: Record<string, string> = {}, taints: V1Node["spec"] = {}): V1Node {
  return { metadata: { name, labels }, spec: taints };
}

function pod(spec: Partial<V1Pod["spec"]> = {}, owner?: string): V1Pod {
  const reference = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", controller: true };
  const ownerReferences = owner === undefined ? [] : [{ ...reference, uid: owner }];
  return { metadata: { name: "web", namespace: "shop", uid: "1", ownerReferences }, spec: { containers: [], ...spec } };
}

describe("placePod()", () => {
  const nodes = [node("n1", { disk: "ssd" }), node("n2"), node("n3", { disk: "ssd" })];
  const daemon = (name: string): Partial<V1Pod["spec"]> => {
    const matchFields = [{ key: "metadata.name", operator: "In", values: [name] }];
    const required = { nodeSelectorTerms: [{ matchFields }] };
    return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
  };
  const port = { containers: [{ name: "main", ports: [{ containerPort: 80, hostPort: 80 }] }] };
  const tainted = [node("n1", {}, { taints: [NO_SCHEDULE] })];

  it.each([
    { name: "the first node of empty ones", spec: {}, placed: [], expected: { node: "n1" } },
    {
      name: "one with the labels of nodeSelector",
      spec: { nodeSelector: { disk: "ssd" } },
      placed: ["n1"],
      expected: { node: "n3" },
    },
    {
      name: "the node that a DaemonSet's pod is for",
      spec: daemon("n3"),
      placed: ["n3", "n3"],
      expected: { node: "n3" },
    },
    { name: "the node with the fewest pods", spec: {}, placed: ["n1", "n2"], expected: { node: "n3" } },
    {
      name: "none where no label fits",
      spec: { nodeSelector: { disk: "gold" } },
      placed: [],
      expected: { reason: "none of 3 nodes fits" },
    },
  ])("gives a pod $name", ({ spec, placed, expected }) => {
    const others = placed.map((name) => ({ pod: pod(), node: name }));
    expect(placePod(pod(spec), nodes, others)).toEqual(expected);
  });

  it("spreads the pods of one owner, however many others are there", () => {
    const placed = [
      { pod: pod({}, "a"), node: "n1" },
      ...["n2", "n2", "n3", "n3", "n3"].map((name) => ({ pod: pod({}, "b"), node: name })),
    ];
    expect(placePod(pod({}, "a"), nodes, placed)).toEqual({ node: "n2" });
  });

  it("gives no node twice the same port of it", () => {
    const placed = ["n1", "n2"].map((name) => ({ pod: pod(port), node: name }));
    expect(placePod(pod(port), nodes, placed)).toEqual({ node: "n3" });
    expect(placePod(pod(port), nodes.slice(0, 2), placed)).toEqual({ reason: "none of 2 nodes fits" });
  });

  it.each([
    { name: "no", tolerations: [], expected: { reason: "none of 1 nodes fits" } },
    {
      name: "another's",
      tolerations: [{ key: "gpu", operator: "Exists" }],
      expected: { reason: "none of 1 nodes fits" },
    },
    { name: "every", tolerations: [{ operator: "Exists" }], expected: { node: "n1" } },
    { name: "this", tolerations: [{ ...NO_SCHEDULE, operator: "Exists" }], expected: { node: "n1" } },
  ])("minds the taint of a node: a pod with $name toleration", ({ tolerations, expected }) => {
    expect(placePod(pod({ tolerations }), tainted, [])).toEqual(expected);
  });
});

const facts = new PodFacts({
  pod: pod({ nodeName: "n2" }),
  podIPs: ["198.51.100.65", "2001:db8:100:2::1"],
  hostIPs: ["192.0.2.12"],
  apiService: { host: "10.96.0.1", port: "443" },
});

/** Secrets and ConfigMaps that tests change. */
class FakeObjects {
  readonly held: Record<string, Record<string, string>> = {};

  async data(_resource: string, name: string): Promise<ReadonlyMap<string, Buffer> | undefined> {
    const keys = this.held[name];
    return keys && new Map(Object.entries(keys).map(([key, text]) => [key, Buffer.from(text)]));
  }

  async token(): Promise<string> {
    return "a-token";
  }
}

describe("environmentOf() and commandOf()", () => {
  const objects = new FakeObjects();
  objects.held["words"] = { one: "1" };
  const from = (name: string, valueFrom: object): { name: string; valueFrom: object } => ({ name, valueFrom });

  it("takes values from fields, from Secrets and ConfigMaps, and from variables before", async () => {
    const env = [
      { name: "A", value: "a" },
      { name: "B", value: "$(A)$(A) $$(A) $(LATER)" },
      { name: "LATER", value: "x" },
      from("NODE", { fieldRef: { fieldPath: "spec.nodeName" } }),
      from("IPS", { fieldRef: { fieldPath: "status.podIPs" } }),
      from("ONE", { configMapKeyRef: { name: "words", key: "one" } }),
      from("NONE", { secretKeyRef: { name: "nothing", key: "one", optional: true } }),
    ];
    const container = {
      name: "main",
      env,
      envFrom: [{ prefix: "W_", configMapRef: { name: "words" } }],
      args: ["--a=$(A)"],
    };
    const values = await environmentOf(container, facts, objects as unknown as Objects);
    expect(values).toMatchObject({
      B: "aa $(A) $(LATER)",
      NODE: "n2",
      IPS: "198.51.100.65,2001:db8:100:2::1",
      ONE: "1",
      W_one: "1",
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
      KUBERNETES_SERVICE_PORT: "443",
    });
    expect(values).not.toHaveProperty("NONE");
    expect(commandOf(container, ["web", "serve"], values)).toEqual(["web", "serve", "--a=a"]);
    expect(commandOf({ ...container, command: ["own"] }, ["web"], values)).toEqual(["own", "--a=a"]);
  });

  it.each([
    {
      name: "a Secret that is not there",
      valueFrom: { secretKeyRef: { name: "nothing", key: "one" } },
      words: /no nothing with key one/,
    },
    {
      name: "a field that does not exist",
      valueFrom: { fieldRef: { fieldPath: "spec.color" } },
      words: /spec\.color is not played/,
    },
    {
      name: "a source it does not know",
      valueFrom: { resourceFieldRef: { resource: "limits.cpu" } },
      words: /resourceFieldRef is not played/,
    },
  ])("refuses a container whose variable needs $name", async ({ valueFrom, words }) => {
    const container = { name: "main", env: [from("A", valueFrom)] };
    await expect(environmentOf(container, facts, objects as unknown as Objects)).rejects.toThrow(words);
  });
});

describe("Volumes", () => {
  let directory: string;
  const objects = new FakeObjects();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hawser-volumes-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const spec = {
    nodeName: "n2",
    containers: [],
    volumes: [
      { name: "key", secret: { secretName: "keys" } },
      {
        name: "access",
        projected: {
          sources: [
            { serviceAccountToken: { path: "token" } },
            { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
          ],
        },
      },
    ],
  };

  it("writes files, follows changes of a Secret as a whole, and keeps what was there while it is gone", async () => {
    objects.held["keys"] = { a: "1", b: "2" };
    const shop = new PodFacts({ podIPs: [], hostIPs: [], apiService: facts.apiService, pod: pod(spec) });
    const volumes = new Volumes(directory, shop, objects as unknown as Objects);
    const [mount] = volumes.mountsOf({ name: "main", volumeMounts: [{ name: "key", mountPath: "/etc/key" }] });
    const read = (name: string): string => readFileSync(join(mount?.source ?? "", name), "utf8");
    await volumes.write();
    expect([mount?.target, read("a"), read("b")]).toEqual(["/etc/key", "1", "2"]);
    const before = readlinkSync(join(mount?.source ?? "", "..data"));
    await volumes.write();
    expect(readlinkSync(join(mount?.source ?? "", "..data"))).toBe(before); // nothing changed, nothing is written
    objects.held["keys"] = { a: "3", b: "4" };
    await volumes.write();
    expect([read("a"), read("b")]).toEqual(["3", "4"]);
    delete objects.held["keys"];
    await expect(volumes.write()).rejects.toThrow("there is no keys in secrets");
    expect(read("a")).toBe("3");
    const [access] = volumes.mountsOf({ name: "main", volumeMounts: [{ name: "access", mountPath: "/run/access" }] });
    expect(readFileSync(join(access?.source ?? "", "token"), "utf8")).toBe("a-token");
    expect(readFileSync(join(access?.source ?? "", "namespace"), "utf8")).toBe("shop");
  });
});

describe("programOf()", () => {
  const programs = [{ image: "web", command: ["serve"] }];
  it.each(["web", "web:1.0", "registry.example:5000/team/web:1.0", "team/web@sha256:0123"])(
    "knows the image %s",
    (image) => {
      expect(programOf({ name: "pod", image, ports: [] }, programs).command).toEqual(["serve"]);
    },
  );

  it("runs the lab's server for images it has no program for, on the container's ports", () => {
    const ports = [
      { port: 9876, protocol: "TCP" },
      { port: 53, protocol: "UDP" },
    ] as const;
    const { command } = programOf({ name: "pod", image: "web-2", ports }, programs);
    expect(command.slice(2)).toEqual(["--name=pod", "--http=9876", "--udp=53", "--page=web-2"]);
  });
});
