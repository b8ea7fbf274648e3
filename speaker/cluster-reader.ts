import { wantedAddresses } from "#src/election/wanted.ts";
import { printIp } from "#src/ip/address.ts";
import { parseEndpointSlice } from "#src/model/endpoints.ts";
import { parseNode } from "#src/model/node.ts";
import type { Node } from "#src/model/node.ts";
import type { Kind, KubeObject } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import type { Source } from "#src/source/source.ts";
import type { PeerMessage, ToWorker } from "#speaker/messages.ts";

/** The kinds a speaker reads. */
export const speakerKinds: readonly Kind[] = ["Service", "EndpointSlice", "Node"];

/** Parses each object once: unchanged objects keep their identity, so their values are found again. */
function once<T>(parse: (object: KubeObject) => Parsed<T>, onProblems: (problems: readonly Problem[]) => void) {
  const seen = new WeakMap<KubeObject, T | undefined>();
  return (objects: Iterable<KubeObject>): readonly T[] => {
    const values: T[] = [];
    for (const object of objects) {
      if (!seen.has(object)) {
        const parsed = parse(object);
        if (parsed.problems.length > 0) onProblems(parsed.problems);
        seen.set(object, parsed.ok ? parsed.value : undefined);
      }
      const value = seen.get(object);
      if (value !== undefined) values.push(value);
    }
    return values;
  };
}

export interface ClusterReaderOptions {
  readonly source: Source;
  readonly node: string;
  onProblems(problems: readonly Problem[]): void;
}

/** Turns what the source holds into the message that tells the worker about the cluster. */
export function createClusterReader({ source, node, onProblems }: ClusterReaderOptions): () => ToWorker {
  const services = once(parseService, onProblems);
  const slices = once(parseEndpointSlice, onProblems);
  const nodes = once(parseNode, onProblems);
  return () => {
    const all = nodes(source.list("Node").values());
    const wanted = wantedAddresses({
      services: services(source.list("Service").values()),
      slices: slices(source.list("EndpointSlice").values()),
      nodes: all,
    });
    return {
      kind: "cluster",
      wanted: [...wanted.values()].map(({ ip, nodes: allowed }) => ({
        ip: printIp(ip),
        nodes: allowed === undefined ? undefined : [...allowed],
      })),
      peers: peersOf(all, node),
    };
  };
}

/** The other nodes, each by its first internal address. */
function peersOf(nodes: readonly Node[], self: string): readonly PeerMessage[] {
  return nodes.flatMap(({ name, internalAddresses: [ip] }) =>
    name === self || ip === undefined ? [] : [{ node: name, address: printIp(ip), family: ip.family }],
  );
}
