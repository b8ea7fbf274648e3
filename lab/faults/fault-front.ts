import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type RelayEnd, relayPort } from "#lab/cluster/open-relay.ts";

/** A cable to a server that can be cut, pulled out, or made to swallow everything. */
export class FaultFront implements Disposable {
  /** Connections taken since the start, also those that were of no use. */
  connections = 0;
  /** Connections reset and pieces of data swallowed so far: that a fault was felt. */
  hits = 0;
  /** New connections are accepted and old ones kept, but not a byte passes: neither end learns of it. */
  isSilent = false;
  #listen: RelayEnd;
  readonly #target: RelayEnd;
  /** Of clients. */
  readonly #near = new Set<Socket>();
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
    for (const socket of this.#near) {
      this.hits += 1;
      // A Unix socket knows no reset.
      if ("path" in this.#listen) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  [Symbol.dispose](): void {
    this.refuse();
    for (const socket of this.#near) socket.destroy();
  }

  #take(near: Socket): void {
    this.connections += 1;
    this.#near.add(near);
    const far = connect(this.#target);
    this.#pass(near, far);
    this.#pass(far, near);
    near.on("close", () => this.#near.delete(near));
  }

  #pass(from: Socket, to: Socket): void {
    from.setNoDelay();
    from.on("data", (data) => {
      if (this.isSilent) this.hits += 1;
      else to.write(data);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      if (!this.isSilent) to.destroy();
    });
  }
}
