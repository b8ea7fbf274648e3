import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type RelayEnd, relayPort } from "./cluster-relay.ts";

/** A cable to a server that can be cut, pulled out, or made to swallow everything. */
export class FaultFront implements Disposable {
  /** Connections taken since the start, also those that were of no use. */
  connections = 0;
  /** New connections are accepted and old ones kept, but not a byte passes: neither end learns of it. */
  isSilent = false;
  #listen: RelayEnd;
  readonly #target: RelayEnd;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(listen: RelayEnd, target: RelayEnd) {
    this.#listen = listen;
    this.#target = target;
  }

  static async start(listen: RelayEnd, target: RelayEnd): Promise<FaultFront> {
    const front = new FaultFront(listen, target);
    await front.open();
    return front;
  }

  /** The TCP port it listens at; 0 for a Unix socket. */
  get port(): number {
    return "port" in this.#listen ? this.#listen.port : 0;
  }

  /** Takes connections again after `refuse`, at the same place. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((near) => this.#take(near));
    server.listen(this.#listen);
    await once(server, "listening");
    // After `refuse` it listens at the same port again.
    if ("host" in this.#listen) this.#listen = { host: this.#listen.host, port: relayPort(server) };
    this.#server = server;
  }

  /** From now on new connections are refused, as if no program listened; those there are stay. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Resets all connections there are. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.refuse();
    for (const socket of this.#sockets) socket.destroy();
  }

  #take(near: Socket): void {
    this.connections += 1;
    const far = connect(this.#target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay();
      from.on("data", (data) => void (this.isSilent || to.write(data)));
      from.on("error", () => undefined);
      from.on("close", () => {
        this.#sockets.delete(from);
        if (!this.isSilent) to.destroy();
      });
    }
  }
}
