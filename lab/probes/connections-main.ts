// Holds TCP connections open and talks on each of them: what a user with a long session sees.
// Usage: node lab/probes/connections-main.ts JSON-SETTINGS; prints "ready" when all are open, and on SIGTERM one line of JSON.
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const RETRY_MS = 100;

/** What is measured, and how. */
interface Settings {
  readonly target: string;
  readonly port: number;
  readonly count: number;
  /** Between two lines on one connection. */
  readonly everyMs: number;
}

interface Session {
  readonly socket: Socket;
  isAlive: boolean;
  answeredMs: number;
  longestMs: number;
}

const { target, port, count, everyMs } = JSON.parse(process.argv[2] ?? "{}") as Settings;

/** Opens one, again where that fails: what is measured begins when all are open. */
async function open(): Promise<Session> {
  for (;;) {
    const session = await tryOpen();
    if (session.isAlive) return session;
    await sleep(RETRY_MS);
  }
}

/** Resolves with the first answer, or when there will be none. */
function tryOpen(): Promise<Session> {
  const socket = connect({ host: target, port, noDelay: true });
  const session: Session = { socket, isAlive: true, answeredMs: performance.now(), longestMs: 0 };
  const { promise, resolve } = Promise.withResolvers<Session>();
  const end = (): void => {
    session.isAlive = false;
    resolve(session);
  };
  socket.on("error", end);
  socket.on("close", end);
  socket.on("data", () => {
    const nowMs = performance.now();
    session.longestMs = Math.max(session.longestMs, nowMs - session.answeredMs);
    session.answeredMs = nowMs;
    resolve(session);
  });
  return promise;
}

const sessions = await Promise.all(Array.from({ length: count }, open));
for (const session of sessions) session.longestMs = 0;
const talking = setInterval(() => {
  for (const { socket, isAlive } of sessions) if (isAlive) socket.write("x");
}, everyMs);
console.log("ready");

process.on("SIGTERM", () => {
  clearInterval(talking);
  const nowMs = performance.now();
  // One that gets no answer any longer is not alive, whatever its socket says.
  const alive = sessions.filter(({ isAlive, answeredMs }) => isAlive && nowMs - answeredMs < 1_000);
  const longestMs = Math.round(Math.max(0, ...alive.map((session) => session.longestMs)));
  console.log(JSON.stringify({ alive: alive.length, count, longestMs }));
  process.exit(0);
});
