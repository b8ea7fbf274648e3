import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { render, ways } from "#scripts/manifests/render.ts";
import { factsOf, groupOf, type Kind, type KindFacts, kinds } from "#src/model/kind.ts";
import { programKinds } from "#src/source/program-kinds.ts";
import { callCli, runCli } from "#test/cli/run-cli.ts";
import { hasKubectl } from "#test/support/kubectl.ts";
import { config, kustomize, type Manifest, nameOf, podOf, type PodSpec, readManifests } from "./kustomization.ts";

const { version } = JSON.parse(readFileSync(join(config, "../package.json"), "utf8")) as { readonly version: string };
if (!hasKubectl) console.log("skipped in part, there is no kubectl: rendered files are compared by their objects only");

/** The verbs by which a resource can be asked for by name alone, and those that ask for many or make one. */
const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete"];

it("shows the three ways of exposing", () => {
  expect(ways).toEqual(["daemonset-hostnetwork", "deployment-loadbalancer", "deployment-nodeport"]);
});

describe.each(ways)("config/%s.yaml", (way) => {
  const file = join(config, `${way}.yaml`);
  const objects = kustomize(join(config, "expose", way));
  const pods = objects.flatMap((object) => podOf(object) ?? []);

  it("holds the objects of its folder", () => {
    const byName = (list: readonly Manifest[]) =>
      [...list].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
    expect(byName(readManifests(file))).toEqual(byName(objects));
  });

  it.skipIf(!hasKubectl)("is what kubectl makes of its folder", () => {
    expect(readFileSync(file, "utf8")).toBe(render(way));
  });

  it("passes hawser check", async () => {
    const { code, stdout } = await callCli(["check", file, join(config, "samples/pool.yaml")]);
    expect({ code, errors: stdout.match(/^error .*/gm) ?? [] }).toEqual({ code: 0, errors: [] });
  });

  it("asks for the image that npm run image makes of this version", () => {
    const images = pods.flatMap(({ containers }) => containers.map(({ image }) => image));
    expect(images).toEqual(pods.map(() => `localhost/hawser:${version}`));
  });

  it("starts each program with options it knows", async () => {
    const directory = mkdtempSync(join(tmpdir(), "hawser-config-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const key = join(directory, "key");
    writeFileSync(key, "k".repeat(32));
    const commands = pods.map(({ containers }) =>
      (containers[0]?.args ?? []).map((arg) =>
        arg.replace(/\$\(NODE_\w+\)/, "127.0.0.1").replace(/=\/etc\/.*/, `=${key}`),
      ),
    );
    // Without a cluster a program gets as far as that it has none; one that cannot read its options does not.
    const run = async (args: readonly string[]) => runCli([...args, "--admin-port=0"], { KUBERNETES_SERVICE_HOST: "" });
    const ends = await Promise.all(commands.map(run));
    const noCluster = { code: 2, stdout: "", stderr: expect.stringContaining("SOURCE_MISSING") };
    expect(ends).toEqual(commands.map(() => noCluster));
  });

  it("gives pods no power that they do not need", () => {
    for (const { hostNetwork = false, containers } of pods) {
      for (const { name, securityContext } of containers) {
        expect(securityContext, name).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
        expect(securityContext["capabilities"], name).toEqual({ drop: ["ALL"], ...addedTo(name, hostNetwork) });
        expect(securityContext["runAsUser"], name).toBe(hostNetwork ? 0 : undefined);
      }
    }
  });

  it("O14 gives each pod a priority, and keeps metrics of the nodes' network on the loopback", () => {
    for (const { hostNetwork = false, priorityClassName, containers } of pods) {
      expect(priorityClassName).toMatch(/^system-(?:node|cluster)-critical$/);
      const { env = [], args, readinessProbe } = containers[0] ?? {};
      const address = env.find(({ name }) => name === "HAWSER_ADMIN_ADDRESS")?.value;
      const isOption = args?.some((arg) => arg.startsWith("--admin-address")) === true;
      const loopback = hostNetwork ? "127.0.0.1" : undefined;
      expect([address, isOption, readinessProbe?.httpGet.host]).toEqual([loopback, false, loopback]);
    }
  });

  it("O14 shows metrics in the network of pods to namespaces with a label alone", () => {
    const metrics = [9120, 10_254];
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => spec as PolicySpec);
    const rules = policies
      .flatMap(({ ingress }) => ingress)
      .filter(({ ports }) => ports.some(({ port }) => metrics.includes(port)));
    expect(rules).toHaveLength(pods.filter(({ hostNetwork = false }) => !hostNetwork).length);
    for (const { from, ports } of rules) {
      expect(ports).toHaveLength(1);
      expect(from).toEqual([{ namespaceSelector: { matchLabels: { "hawser.dev/metrics": "true" } } }]);
    }
  });

  it("O13 marks each object of the ingress with the way, so that another way can find it", () => {
    const ingress = objects.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] === "ingress");
    expect(ingress.length).toBeGreaterThan(5);
    expect(new Set(ingress.map(({ metadata }) => metadata.labels?.["hawser.dev/expose"]))).toEqual(new Set([way]));
  });

  it("probes and scrapes each pod at the port where the program serves", () => {
    for (const { containers } of pods)
      expect(portOf(containers, "metrics")).toBe(DEFAULT_PORTS[containers[0]?.name ?? ""]);
  });

  it("grants each program to read the kinds that it reads, and no others", () => {
    const rights = Object.keys(programKinds).map((program) => [program, readableKinds(objects, program)] as const);
    expect(Object.fromEntries(rights)).toEqual(
      Object.fromEntries(
        Object.entries(programKinds).map(([program, { opens, follows, opensOnRequest }]) => {
          // The addresses of nodes are published where no load balancer has one.
          const isGranted = way !== "deployment-loadbalancer";
          return [program, [...opens, ...follows, ...(isGranted ? opensOnRequest : [])].toSorted()];
        }),
      ),
    );
  });

  it("grants rights by known verbs, to ServiceAccounts that it has, and none to change a Service or an Ingress", () => {
    const rules = objects.flatMap(({ rules = [] }) => rules);
    expect(rules.length).toBeGreaterThan(10);
    for (const rule of rules) {
      expect(VERBS).toEqual(expect.arrayContaining([...rule.verbs]));
      expect(rule.resources).not.toContain("*");
      const isWhole = rule.resources.some((name) =>
        ["services", "ingresses", "secrets", "nodes", "namespaces", "ipaddresspools", "bgppeers"].includes(name),
      );
      const mayOnly = rule.resources.includes("secrets") ? ["list", "watch", "create"] : ["list", "watch"];
      if (isWhole) expect(mayOnly).toEqual(expect.arrayContaining([...rule.verbs]));
    }
    const names = new Set(objects.map(nameOf));
    for (const { roleRef, metadata } of objects) {
      if (roleRef === undefined) continue;
      const where = roleRef.kind === "Role" ? `${metadata.namespace}/` : "";
      expect(names).toContain(`${roleRef.kind} ${where}${roleRef.name}`);
      expect(names).toContain(`ServiceAccount hawser-system/${metadata.name.replace(/-nodes$/, "")}`);
    }
  });
});

/** The kinds of ours that the roles of a program let it list and watch. */
function readableKinds(objects: readonly Manifest[], program: string): readonly Kind[] {
  const roles = objects.filter(
    ({ kind, metadata }) => kind.endsWith("Role") && metadata.labels?.["app.kubernetes.io/component"] === program,
  );
  const isGranted = ({ apiVersion, plural }: KindFacts): boolean =>
    roles.some(({ rules = [] }) =>
      rules.some(
        ({ apiGroups, resources, verbs }) =>
          apiGroups.includes(groupOf(apiVersion)) &&
          resources.includes(plural) &&
          verbs.includes("list") &&
          verbs.includes("watch"),
      ),
    );
  return kinds.filter((kind) => isGranted(factsOf(kind))).toSorted();
}

interface PolicySpec {
  readonly ingress: readonly { readonly from?: unknown; readonly ports: readonly { readonly port: number }[] }[];
}

/** Ports of /readyz and /metrics, by program: defaults, so that no option has to say them. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { controller: 9120, speaker: 9121, ingress: 10_254 };

function addedTo(name: string, hostNetwork: boolean): object {
  if (name === "speaker") return { add: ["NET_RAW"] };
  return name === "ingress" && hostNetwork ? { add: ["NET_BIND_SERVICE"] } : {};
}

function portOf(containers: PodSpec["containers"], name: string): number | undefined {
  return containers[0]?.ports.find((port) => port.name === name)?.containerPort;
}
