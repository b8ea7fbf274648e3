import type { V1Container, V1EnvFromSource, V1EnvVar, V1EnvVarSource } from "@kubernetes/client-node";
import type { Objects } from "./objects.ts";
import type { PodFacts } from "./pod-facts.ts";

/** What a process finds of the machine it runs on; nothing else of ours gets into a container. */
const BASE = { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/tmp" };

/** The variables of a container as a kubelet makes them (`env` and `envFrom`); rejects where one has no source. */
export async function environmentOf(
  container: V1Container,
  facts: PodFacts,
  objects: Objects,
): Promise<Readonly<Record<string, string>>> {
  const { host, port } = facts.apiService;
  const api = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, KUBERNETES_SERVICE_PORT_HTTPS: port };
  const all: Record<string, string> = { ...BASE, HOSTNAME: facts.name, ...api };
  for (const source of container.envFrom ?? []) {
    const values = await wholeObject(source, objects);
    for (const [name, value] of Object.entries(values)) all[(source.prefix ?? "") + name] = value;
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, facts, objects);
    if (value !== undefined) all[variable.name] = expand(value, all);
  }
  return all;
}

/** The command line of a container: `command` in place of the image's entry point, `args` after it, variables put in. */
export function commandOf(
  { command, args = [] }: V1Container,
  entryPoint: readonly string[],
  env: Readonly<Record<string, string>>,
): readonly string[] {
  return [...(command ?? entryPoint), ...args].map((word) => expand(word, env));
}

/** `$(NAME)` becomes the variable's value, `$$(NAME)` that text itself; an unknown name stays as it is. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/(\$?)\$\(([\w.-]+)\)/g, (whole, escape: string, name: string) =>
    escape === "$" ? whole.slice(1) : (env[name] ?? whole),
  );
}

async function valueOf({ value, valueFrom }: V1EnvVar, facts: PodFacts, objects: Objects): Promise<string | undefined> {
  return valueFrom === undefined ? (value ?? "") : fromSource(valueFrom, facts, objects);
}

async function fromSource(from: V1EnvVarSource, facts: PodFacts, objects: Objects): Promise<string | undefined> {
  const { fieldRef, configMapKeyRef, secretKeyRef } = from;
  if (fieldRef !== undefined) return facts.field(fieldRef.fieldPath);
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined) throw new Error(`valueFrom ${Object.keys(from).join()} is not played here`);
  const { name = "", key, optional } = reference;
  const data = await objects.data(configMapKeyRef === undefined ? "secrets" : "configmaps", name);
  const bytes = data?.get(key);
  if (bytes === undefined && optional !== true) throw new Error(`there is no ${name} with key ${key}`);
  return bytes?.toString("utf8");
}

async function wholeObject(
  { configMapRef, secretRef }: V1EnvFromSource,
  objects: Objects,
): Promise<Readonly<Record<string, string>>> {
  const { name = "", optional } = configMapRef ?? secretRef ?? {};
  const data = await objects.data(configMapRef === undefined ? "secrets" : "configmaps", name);
  if (data === undefined && optional !== true) throw new Error(`there is no ${name}, which envFrom asks for`);
  return Object.fromEntries([...(data ?? [])].map(([key, bytes]) => [key, bytes.toString("utf8")]));
}
