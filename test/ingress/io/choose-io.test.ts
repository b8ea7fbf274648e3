import { describe, expect, it } from "vitest";
import { chooseIo } from "#ingress/io/choose-io.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { Io } from "#ingress/io/io.ts";
import { ioFault } from "#ingress/io/io-fault.ts";
import { openNodeStreams } from "#ingress/io/node-streams.ts";
import { createLogger } from "#src/process/log.ts";
import { everyIo } from "#test/support/test-io.ts";

/** An I/O that is broken in one way, at the server. */
function broken(io: Io, change: (connection: Connection) => Connection): Io {
  return {
    ...io,
    plainServer: ({ accept, ...rest }, buffers) =>
      io.plainServer({ ...rest, accept: (connection) => accept(change(connection)) }, buffers),
  };
}

/** The connection, with other functions in place of some. */
function changed(connection: Connection, change: Partial<Connection>): Connection {
  return new Proxy(connection, {
    get(target, name) {
      const value: unknown = Reflect.get(change, name) ?? Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function logOf(): { readonly log: ReturnType<typeof createLogger>; readonly lines: () => string } {
  let lines = "";
  const to = { write: (line: string) => void (lines += line) };
  return { log: createLogger({ component: "test", level: "info", to }), lines: () => lines };
}

describe("the test of an I/O", () => {
  it.each(everyIo)("finds nothing wrong with $name", async (io) => {
    expect(await ioFault(io)).toBeUndefined();
  });

  it.each([
    { what: "never says that a reader is slow", change: { send: () => true }, fault: /reader that takes nothing/ },
    { what: "ends in place of a reset", change: { abort: undefined }, fault: /reset was not told|not done within/ },
  ])("says what is wrong with one that $what", async ({ change, fault }) => {
    const io = broken(everyIo[0]!, (connection) =>
      changed(
        connection,
        change.abort === undefined && "abort" in change ? { abort: () => connection.close() } : change,
      ),
    );
    expect(await ioFault(io, 500)).toMatch(fault);
  });
});

describe("chooseIo()", () => {
  it("takes the streams where they work, and says so", async () => {
    const { log, lines } = logOf();
    expect((await chooseIo("auto", { log })).name).toBe("handles");
    expect(lines()).toContain('"io":"handles"');
  });

  it("takes Node's sockets where that is asked for", async () => {
    const { log, lines } = logOf();
    expect((await chooseIo("net", { log })).name).toBe("net");
    expect(lines()).toBe("");
  });

  it("takes Node's sockets where the streams do not work, and says why", async () => {
    const { log, lines } = logOf();
    const streams = { ...openNodeStreams()!, readStatus: () => -4_095 };
    expect((await chooseIo("auto", { log, streams })).name).toBe("net");
    expect(lines()).toMatch(/"io":"net","reason":"[^"]+"/);
  });

  it.each(["27.0.0", "24.21.0", "2.6.0"])("does not touch the streams of Node %s", (version) => {
    expect(openNodeStreams(version)).toBeUndefined();
  });
});
