import type { KubeObject } from "#src/model/object.ts";
import { parseNode } from "#src/model/node.ts";
import { findNodeAddresses, type NodeAddresses, nodeAddressesOf } from "#src/model/node-addresses.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Logger } from "#src/process/log.ts";

/** The addresses of the Nodes, which pools may contain and no Service gets. */
export class NodeReader {
  readonly #configMap: string;
  readonly #log: Logger;
  #objects: ReadonlyMap<string, KubeObject> | undefined;
  #addresses: NodeAddresses = new Map();
  #pools: readonly Pool[] | undefined;
  #said = "[]";

  constructor(configMap: string, log: Logger) {
    this.#configMap = configMap;
    this.#log = log;
  }

  /**
   * Reads the Nodes where the list is another one than last time, and says once which of their addresses pools hold. The
   * same map until an address differs: a Node's status changes all the time.
   */
  read(objects: ReadonlyMap<string, KubeObject>, pools: readonly Pool[]): NodeAddresses {
    const before = this.#addresses;
    if (objects !== this.#objects) {
      this.#objects = objects;
      const addresses = nodeAddressesOf([...objects.values()].map((object) => parseNode(object).value));
      if (!isSame(addresses, before)) this.#addresses = addresses;
    }
    if (before === this.#addresses && pools === this.#pools) return before;
    this.#pools = pools;
    const problems = findNodeAddresses(pools, this.#addresses, this.#configMap);
    const text = JSON.stringify(problems);
    if (text !== this.#said)
      for (const problem of problems) this.#log.warn({ ...problem }, "problem in the configuration");
    this.#said = text;
    return this.#addresses;
  }
}

function isSame(left: NodeAddresses, right: NodeAddresses): boolean {
  return left.size === right.size && [...left].every(([text, { node }]) => right.get(text)?.node === node);
}
