import type { ProxyVersion } from "#src/model/annotations/proxy-protocol.ts";
import type { Connection, ConnectionEnds } from "#ingress/io/connection.ts";
import { writeProxyHeader } from "#ingress/io/write-proxy-header.ts";

/** Whose connection it is. */
export type TiedClient = Pick<Connection, "remoteAddress" | "readEnds">;

/** A connection to an endpoint that serves one client alone. */
interface Tied {
  /** No further request comes: it closes when it has served. */
  retire(): void;
}

/** What ties connections to endpoints to one connection of a client: they begin with a header of the PROXY protocol that says whose they are. */
export class ClientTie {
  readonly header: Buffer;
  isOver = false;
  readonly #tied = new Set<Tied>();

  constructor(header: Buffer) {
    this.header = header;
  }

  add(connection: Tied): void {
    this.#tied.add(connection);
  }

  delete(connection: Tied): void {
    this.#tied.delete(connection);
  }

  /** The connection of the client is gone. */
  end(): void {
    this.isOver = true;
    for (const connection of this.#tied) connection.retire();
  }
}

/** The ties of all connections of clients whose requests went to endpoints that want to know whose connections they get. */
export class ClientTies {
  readonly #byClient = new WeakMap<TiedClient, Map<ProxyVersion, ClientTie>>();

  /** The tie for connections with a header of this version: the same one for as long as the client's connection is there. */
  of(client: TiedClient, version: ProxyVersion): ClientTie {
    const found = this.#byClient.get(client);
    const tie = found?.get(version) ?? new ClientTie(writeProxyHeader(version, endsOf(client)));
    if (found === undefined) this.#byClient.set(client, new Map([[version, tie]]));
    else found.set(version, tie);
    return tie;
  }

  /** The connection of the client is gone. */
  end(client: TiedClient): void {
    for (const tie of this.#byClient.get(client)?.values() ?? []) tie.end();
  }
}

/** Between whom the connection of a client is; an end that is not known has no address. */
function endsOf(client: TiedClient): ConnectionEnds {
  return client.readEnds?.() ?? { client: { address: client.remoteAddress, port: 0 }, asked: { address: "", port: 0 } };
}
