import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { Problem } from "#src/model/problem.ts";
import type { Heartbeat } from "#src/wire/heartbeat.ts";
import { Heartbeats } from "#speaker/heartbeats.ts";

const key = new TextEncoder().encode("a key for heartbeats");

async function bound(port = 0): Promise<Socket> {
  const socket = createSocket("udp4").bind(port);
  await once(socket, "listening");
  return socket;
}

/** Heartbeats at a port; what they say and hear is collected. */
function heartbeatsAt(port: number) {
  const said: (readonly Problem[])[] = [];
  const first = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<Heartbeat>();
  const heartbeats = new Heartbeats({
    node: "n1",
    port,
    keys: [key],
    onHeartbeat: ({ heartbeat }) => heard.resolve(heartbeat),
    onFault: () => undefined,
    onError: () => undefined,
    onProblems: (problems) => {
      said.push(problems);
      if (problems.length > 0) first.resolve();
    },
  });
  return { heartbeats, said, firstProblem: first.promise, heard: heard.promise };
}

describe("Heartbeats", () => {
  it("names the port that another process has, tries again, and works once it is free", async () => {
    const squatter = await bound();
    const { port } = squatter.address();
    const { heartbeats, said, firstProblem, heard } = heartbeatsAt(port);
    const opened = heartbeats.open();
    await firstProblem;
    expect(said.at(-1)).toMatchObject([{ code: "PORT_IN_USE", what: `Cannot listen on UDP port ${port}` }]);
    expect(said.at(-1)?.[0]?.why).toContain(`(process ${process.pid})`);
    squatter.close();
    expect(await opened).toBe(true);
    expect(said.at(-1)).toEqual([]);
    const own = { ready: true, leaving: false, stallMs: 0, subnets: [], claims: new Map(), claimsVersion: 1 };
    const self = { node: "n1", address: "127.0.0.1", family: "ipv4", macs: [] } as const;
    const words = {
      sessionOf: () => 6n,
      echoTo: () => 0n,
      wordsTo: () => ({ knownVersion: 3, isDeaf: false, silent: [] }),
    };
    heartbeats.send([{ to: self, everyMs: 20, chunk: undefined }], own, words);
    const watch = { everyMs: 20, knownVersion: 3, isDeaf: false, silent: [] };
    expect(await heard).toMatchObject({ node: "n1", session: heartbeats.session, echo: 6n, sequence: 1, watch });
    expect(heartbeats.session % 2n).toBe(0n);
    heartbeats.close();
  });

  it("stops trying when it is closed", async () => {
    const squatter = await bound();
    const { heartbeats, firstProblem } = heartbeatsAt(squatter.address().port);
    const opened = heartbeats.open();
    await firstProblem;
    heartbeats.close();
    expect(await opened).toBe(false);
    squatter.close();
  });
});
