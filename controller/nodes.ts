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
  #said = "[]";

  constructor(configMap: string, log: Logger) {
    this.#configMap = configMap;
    this.#log = log;
  }

  /** Reads the Nodes where the list is another one than last time, and says once which of their addresses pools hold. */
  read(objects: ReadonlyMap<string, KubeObject>, pools: readonly Pool[]): NodeAddresses {
    if (objects !== this.#objects) {
      this.#objects = objects;
      this.#addresses = nodeAddressesOf([...objects.values()].map((object) => parseNode(object).value));
    }
    const problems = findNodeAddresses(pools, this.#addresses, this.#configMap);
    const text = JSON.stringify(problems);
    if (text !== this.#said)
      for (const problem of problems) this.#log.warn({ ...problem }, "problem in the configuration");
    this.#said = text;
    return this.#addresses;
  }
}
