import type { AddressInfo, Server } from "node:net";
import { MORE_DESCRIPTORS, NO_DESCRIPTOR } from "#src/model/no-descriptor.ts";
import { type Problem } from "#src/model/problem.ts";
import { type BackOff, doubledMs } from "./back-off.ts";
import type { Logger } from "./log.ts";
import { logProblem } from "./problem-log.ts";
import { findPortOwner, type PortOwner } from "./port-owner.ts";

/** Pauses between tries: a port that becomes free is taken within a second. */
const BACK_OFF: BackOff = { firstMs: 250, longestMs: 1_000 };
/** Looking for the process that has the port reads all of /proc: not at every try. */
const OWNER_LOOK_EVERY = 5;
/** Ports below this one need CAP_NET_BIND_SERVICE (sysctl net.ipv4.ip_unprivileged_port_start). */
const FIRST_UNPRIVILEGED_PORT = 1_024;

export interface ListenOptions {
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  /** The local address: `0.0.0.0`, `::` for both families, or one of this host. */
  readonly address: string;
  readonly log: Logger;
  /** What listens there, for people: `http`, `admin`. */
  readonly name: string;
  /** Several servers, also of other threads, may listen on the port, each for a part of its connections (SO_REUSEPORT). */
  readonly sharesPort?: boolean | undefined;
  /** Nothing is logged when it listens: it only tries whether the port is free. */
  readonly isTrial?: boolean | undefined;
  /** Called each time the server listens, with the port it has. */
  readonly onListening?: ((port: number) => void) | undefined;
  /** Called once for each new reason why it cannot listen. */
  readonly onProblem?: ((problem: Problem) => void) | undefined;
}

/** A server that listens, or is about to. */
export interface ListenHandle {
  /** The port the server has; before it listens, the one that was asked for. */
  readonly port: number;
  /** No longer tries to get the port; a server that listens goes on. */
  stopTrying(): void;
  /** Stops trying, and stops accepting; open connections stay. */
  close(): void;
}

/**
 * Makes a server listen, however long that takes: a port that is in use or forbidden is a Problem, logged once, and
 * tried again after 0.25 s to 1 s. Also handles the server's later errors (a failed accept), so that none ends the
 * program.
 */
export function listenWithRetry(server: Server, options: ListenOptions): ListenHandle {
  const { port, address, log, name, sharesPort: reusePort = false, isTrial = false } = options;
  let failures = 0;
  let lastFault = "";
  let lastOwner: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isGivenUp = false;

  function tryListen(): void {
    if (!isClosed && !isGivenUp) server.listen({ port, host: address, reusePort });
  }

  async function report(error: NodeJS.ErrnoException): Promise<void> {
    const owner = error.code === "EADDRINUSE" ? await findPortOwner(port, address) : undefined;
    // A port that changed hands is reported again. One whose owner is not found is not: the owner may have ended since.
    const fault = `${error.code} ${owner?.pid ?? lastOwner ?? ""}`;
    if (isClosed || server.listening || fault === lastFault) return;
    lastFault = fault;
    lastOwner = owner?.pid;
    const problem = problemOf(error, owner, options);
    logProblem(log, problem, { listener: name, address, port });
    options.onProblem?.(problem);
  }

  server.on("listening", () => {
    // The attempt was under way when we gave up.
    if (isClosed || isGivenUp) {
      server.close();
      return;
    }
    const bound = portOf(server) ?? port;
    if (!isTrial)
      log.info({ listener: name, address, port: bound, failures }, failures > 0 ? "listening again" : "listening");
    failures = 0;
    lastFault = "";
    lastOwner = undefined;
    options.onListening?.(bound);
  });
  server.on("error", (error: NodeJS.ErrnoException) => {
    if (server.listening) {
      if (lastFault !== error.code) log.warn({ listener: name, err: error }, "cannot accept a connection");
      lastFault = error.code ?? "";
      return;
    }
    timer = setTimeout(tryListen, doubledMs(BACK_OFF, failures));
    if (failures % OWNER_LOOK_EVERY === 0 || !lastFault.startsWith(`${error.code} `)) void report(error);
    failures += 1;
  });
  tryListen();
  return {
    get port() {
      return portOf(server) ?? port;
    },
    stopTrying() {
      if (server.listening) return;
      isGivenUp = true;
      clearTimeout(timer);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      if (server.listening) server.close();
    },
  };
}

function portOf(server: Server): number | undefined {
  const bound = server.address() as AddressInfo | null;
  return bound?.port;
}

function problemOf(
  error: NodeJS.ErrnoException,
  owner: PortOwner | undefined,
  { port, address, name }: ListenOptions,
): Problem {
  const at = { kind: "part", name: `${name} listener` } as const;
  const what = `Cannot listen on ${address.includes(":") ? `[${address}]` : address}:${port}`;
  if (error.code === "EADDRINUSE") {
    const holder = owner === undefined ? "another process" : `process ${owner.pid} (${owner.name})`;
    const fix = `Stop that process or choose another port; Hawser retries until port ${port} is free`;
    return {
      code: "PORT_IN_USE",
      at,
      what,
      why: `${holder} already listens on port ${port}`,
      fix,
      severity: "error",
    };
  }
  if (error.code === "EACCES" || error.code === "EPERM") {
    const why =
      port < FIRST_UNPRIVILEGED_PORT
        ? `port ${port} needs the capability CAP_NET_BIND_SERVICE`
        : `the system forbids port ${port} (${error.code})`;
    const fix = "Give the program CAP_NET_BIND_SERVICE, or choose a port from 1024 up";
    return { code: "PORT_FORBIDDEN", at, what, why, fix, severity: "error" };
  }
  const noDescriptor = NO_DESCRIPTOR[error.code ?? ""];
  const fix =
    noDescriptor === undefined ? "Choose an address of this host, or 0.0.0.0 or :: for all" : MORE_DESCRIPTORS;
  const why = noDescriptor ?? error.message;
  return { code: "LISTEN_FAILED", at, what, why, fix: `${fix}; Hawser retries`, severity: "error" };
}
