import {
  child,
  complainMissing,
  descend,
  type Field,
  hasError,
  isUnset,
  readChoice,
  readInteger,
  readList,
  readText,
  readTexts,
} from "./field.ts";
import { keyOf, type KubeObject, rootField } from "./object.ts";
import { readPort } from "./port.ts";
import type { Parsed } from "./problem.ts";
import type { Protocol } from "./service.ts";

interface ContainerPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly ContainerPort[];
}

/** What runs behind Services: a Deployment, in the little that it takes to know its pods. */
export interface Deployment {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** 0 or more; 1 where left out. */
  readonly replicas: number;
  /** `spec.selector.matchLabels`. */
  readonly selector: Readonly<Record<string, string>>;
  /** The labels of its pods, which Services select by. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
}

const MAX_REPLICAS = 2 ** 31 - 1;

/** Reads a Deployment of apps/v1, or of one of the old versions, where the selector follows from the pod's labels. */
export function parseDeployment(object: KubeObject): Parsed<Deployment> {
  const root = rootField(object);
  const spec = child(root, "spec");
  const template = child(spec, "template");
  const podLabels = readTexts(descend(template, "metadata", "labels"));
  const selectorField = descend(spec, "selector", "matchLabels");
  const list = descend(template, "spec", "containers");
  const containers = readList(list).map(readContainer);
  if (containers.length === 0) complainMissing(list, "Write at least one container with name and image");
  const replicas = readInteger(child(spec, "replicas"), { min: 0, max: MAX_REPLICAS }) ?? 1;
  const selector = isUnset(selectorField) ? podLabels : readTexts(selectorField);
  const { problems } = root;
  if (hasError(problems)) return { ok: false, problems };
  const { namespace, name } = object.metadata;
  return {
    ok: true,
    value: { key: keyOf(object.metadata), namespace, name, replicas, selector, podLabels, containers },
    problems,
  };
}

function readContainer(field: Field): Container {
  return {
    name: readText(child(field, "name")) ?? "",
    image: readText(child(field, "image")) ?? "",
    ports: readList(child(field, "ports")).flatMap((entry) => readContainerPort(entry) ?? []),
  };
}

function readContainerPort(field: Field): ContainerPort | undefined {
  const portField = child(field, "containerPort");
  const port = readPort(portField);
  if (isUnset(portField)) return complainMissing(portField, "Write containerPort: and a number");
  const protocol = readChoice(child(field, "protocol"), ["TCP", "UDP", "SCTP"]) ?? "TCP";
  return port === undefined ? undefined : { name: readText(child(field, "name")) ?? "", port, protocol };
}
