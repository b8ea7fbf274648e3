import { type ReadyNodes, readyNodesOf } from "#src/model/live-speakers.ts";
import { parseNode } from "#src/model/node.ts";
import { findHostAddresses, type HostAddresses, hostAddressesOf } from "#src/model/host-addresses.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Logger } from "#src/process/log.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";

/**
 * What the controller knows of the Nodes. Both values are the same objects until they differ: a Node's status changes all
 * the time, and what they stand for hardly ever.
 */
export class NodeReader {
  readonly #configMap: string;
  readonly #log: Logger;
  readonly #nodes;
  #addresses: HostAddresses = new Map();
  #ready: ReadyNodes;
  /** What was looked at last for problems, and what was said. */
  #judged: { readonly pools?: readonly Pool[]; readonly addresses?: HostAddresses } = {};
  #said = "[]";

  constructor(configMap: string, { source, log }: { readonly source: Source; readonly log: Logger }) {
    this.#configMap = configMap;
    this.#log = log;
    const get = (key: string) => source.get("Node", key);
    this.#nodes = new ParsedObjects({ get, parse: parseNode, onProblems: () => undefined });
  }

  /** The Nodes' own addresses, which pools may contain and no Service gets. */
  get addresses(): HostAddresses {
    return this.#addresses;
  }

  get ready(): ReadyNodes {
    return this.#ready;
  }

  /** Says that a Node may be another one now, or gone. */
  mark(key: string): void {
    this.#nodes.mark(key);
  }

  /** Reads the Nodes that changed. */
  update(): void {
    if (this.#nodes.update().length === 0) return;
    const nodes = [...this.#nodes.values()];
    const [addresses, ready] = [hostAddressesOf(nodes), readyNodesOf(nodes)];
    const isSame = [...addresses].every(([text, { owner }]) => this.#addresses.get(text)?.owner === owner);
    if (!isSame || addresses.size !== this.#addresses.size) this.#addresses = addresses;
    const isAsReady = this.#ready !== undefined && ready?.symmetricDifference(this.#ready).size === 0;
    if (!isAsReady) this.#ready = ready;
  }

  /** Says once which addresses of Nodes are in pools. */
  say(pools: readonly Pool[] | undefined): void {
    if (pools === undefined || (this.#judged.pools === pools && this.#judged.addresses === this.#addresses)) return;
    this.#judged = { pools, addresses: this.#addresses };
    const problems = findHostAddresses(pools, this.#addresses, this.#configMap);
    const text = JSON.stringify(problems);
    if (text !== this.#said)
      for (const problem of problems) this.#log.warn({ ...problem }, "problem in the configuration");
    this.#said = text;
  }
}
