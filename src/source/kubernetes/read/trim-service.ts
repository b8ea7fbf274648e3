import { type Fields, isRecord } from "#src/model/record.ts";
import { SharedValues } from "./shared-values.ts";
type Writable = Record<string, unknown>;

const texts = new SharedValues<string>();
const labels = new SharedValues<unknown>();
/** Lists by their JSON. */
const lists = new SharedValues<readonly unknown[]>();

/**
 * Makes a Service that was read from JSON small: a cluster has thousands. The further cluster addresses and the node ports that the
 * API server gave are left out where no program of ours reads them; what several Services say in the same words is shared. Changes the object itself, which no other code has yet.
 */
export function trimService(object: Fields): Fields {
  const { metadata, spec, status } = object as Readonly<Record<string, Writable | undefined>>;
  if (isRecord(metadata)) {
    if (isRecord(metadata["labels"]))
      metadata["labels"] = labels.get(JSON.stringify(metadata["labels"]), metadata["labels"]);
    shareTexts(metadata, ["namespace", "creationTimestamp"]);
  }
  if (isRecord(spec)) trimSpec(spec);
  const conditions: unknown = isRecord(status) ? status["conditions"] : undefined;
  if (Array.isArray(conditions))
    for (const condition of conditions as readonly unknown[])
      if (isRecord(condition)) shareTexts(condition, Object.keys(condition));
  return object;
}

function trimSpec(spec: Writable): void {
  const { ports, ipFamilies, ipFamilyPolicy } = spec;
  // ipFamilies has the families of a Service; where it may have two, the addresses say whether it has.
  const isTold = ipFamilyPolicy === "SingleStack" && Array.isArray(ipFamilies) && ipFamilies.length > 0;
  // clusterIP stays: requests may be sent to it.
  if (isTold) spec["clusterIPs"] = undefined;
  if (Array.isArray(ports)) {
    for (const port of ports as readonly unknown[]) if (isRecord(port)) leaveOut(port, "nodePort");
    spec["ports"] = lists.get(JSON.stringify(ports), ports);
  }
  if (Array.isArray(ipFamilies)) spec["ipFamilies"] = lists.get(JSON.stringify(ipFamilies), ipFamilies);
  shareTexts(spec, ["type", "ipFamilyPolicy", "externalTrafficPolicy", "loadBalancerClass"]);
}

function leaveOut(fields: Writable, name: string): void {
  if (fields[name] !== undefined) fields[name] = undefined;
}

function shareTexts(fields: Writable, names: readonly string[]): void {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "string") fields[name] = texts.get(value, value);
  }
}
