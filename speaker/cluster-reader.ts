import { wantedAddresses } from "#src/election/wanted.ts";
import { printIp } from "#src/ip/address.ts";
import { parseEndpointSlice } from "#src/model/endpoints.ts";
import { type Node, parseNode } from "#src/model/node.ts";
import type { Kind, KubeObject } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";
import type { PeerMessage, ToWorker } from "#speaker/messages.ts";

/** The kinds a speaker reads. */
export const speakerKinds: readonly Kind[] = ["Service", "EndpointSlice", "Node"];

export interface ClusterReaderOptions {
  readonly source: Source;
  readonly node: string;
  /** Hears what is wrong with an object, an empty list if it is well. */
  onProblems(where: string, problems: readonly Problem[]): void;
}

/** Turns what the source holds into the message that tells the worker about the cluster. */
export function createClusterReader({ source, node, onProblems }: ClusterReaderOptions): () => ToWorker {
  /** A broken version must not take an address off the network: the last good one stays. */
  const reader = <T>(kind: Kind, parse: (object: KubeObject) => Parsed<T>): (() => readonly T[]) => {
    const objects = new ParsedObjects<T>({
      parse,
      onProblems: (key, problems) => onProblems(`${kind} ${key}`, problems),
      keepLastGood: true,
    });
    return () => {
      objects.update(source.list(kind));
      return [...objects.values()];
    };
  };
  const services = reader("Service", parseService);
  const slices = reader("EndpointSlice", parseEndpointSlice);
  const nodes = reader("Node", parseNode);
  return () => {
    const all = nodes();
    const wanted = wantedAddresses({ services: services(), slices: slices(), nodes: all });
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
