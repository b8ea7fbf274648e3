// The prober process: sends probes in an open loop and prints what became of each (lab/probe-stream.ts) on stdout.
// Usage: node lab/probes/prober-main.ts JSON-SETTINGS; SIGTERM ends the sending, then it waits for what is still open.
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { type ProbeEvent, type ProbeSettings, printProbeEvent } from "./probe-event.ts";

/** Lines are handed over in batches: the parent must not be woken for each. */
const FLUSH_EVERY_MS = 20;
/** After a pause of ours (a stopped process) so many overdue probes are sent at once, the rest is left out. */
const OVERDUE_LIMIT = 10;
/** UDP: how long to wait, after the last probe, for answers still under way. */
const LINGER_MS = 500;
/** A timer that is so late says that the process did not run. */
const PAUSE_MS = 100;
/** Answers wait here for this process while it gets no CPU; with the kernel's default half a second is too long. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** An answer longer than this is none of our pods'. */
const ANSWER_LIMIT_BYTES = 64 << 10;

const settings = JSON.parse(process.argv[2] ?? "{}") as ProbeSettings;
const open = new Set<number>();
let pending: string[] = [];

function note(event: ProbeEvent): void {
  if (event.kind === "sent") open.add(event.sequence);
  // A second answer to one probe (a duplicated datagram, data after the banner) is not a second record.
  else if (!open.delete(event.sequence)) return;
  pending.push(printProbeEvent(event));
}

function flush(): void {
  if (pending.length === 0) return;
  process.stdout.write(`${pending.join("\n")}\n`);
  pending = [];
}

function answered(sequence: number, atNs: bigint, who: readonly [pod: string, seenFrom: string]): void {
  note({ kind: "answered", sequence, atNs, pod: who[0], seenFrom: who[1] });
}

/** One connected socket: only what comes from the target's own address and port counts. */
async function openUdp(): Promise<(sequence: number) => void> {
  const type = settings.target.includes(":") ? "udp6" : "udp4";
  const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
  // ICMP errors end up here; the probe they answer is simply not answered.
  socket.on("error", () => {});
  socket.on("message", (message) => {
    const atNs = process.hrtime.bigint();
    const [sequence = "", pod = "", seenFrom = ""] = message.toString("utf8").split(" ");
    answered(Number(sequence), atNs, [pod, seenFrom]);
  });
  await new Promise<void>((resolve) => socket.connect(settings.port, settings.target, resolve));
  return (sequence) => {
    const probe = Buffer.from(String(sequence));
    note({ kind: "sent", sequence, atNs: process.hrtime.bigint() });
    socket.send(probe, () => {});
  };
}

/** A new connection for each probe; `read` says when the text so far is an answer. */
function overTcp(sequence: number, request: string, read: (text: string) => Answer): void {
  note({ kind: "sent", sequence, atNs: process.hrtime.bigint() });
  const socket: Socket = connect({ host: settings.target, port: settings.port, noDelay: true });
  let text = "";
  const fail = (failure: string) => {
    note({ kind: "failed", sequence, failure });
    socket.destroy();
  };
  let timer: NodeJS.Timeout;
  const limitTime = (): void => {
    const dueMs = performance.now() + settings.timeoutMs;
    timer = setTimeout(() => {
      // This process was paused, and the answer may lie here unread: the probe gets its time again.
      if (performance.now() - dueMs > PAUSE_MS) limitTime();
      else fail(socket.connecting ? "timeout while connecting" : "timeout");
    }, settings.timeoutMs);
  };
  limitTime();
  socket.on("connect", () => socket.write(request));
  socket.on("data", (chunk: Buffer) => {
    const atNs = process.hrtime.bigint();
    text += chunk.toString("latin1");
    const answer = text.length > ANSWER_LIMIT_BYTES ? { failure: "answer too long" } : read(text);
    if (answer === undefined) return;
    if ("failure" in answer) return fail(answer.failure);
    answered(sequence, atNs, answer.who);
    socket.destroy();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  socket.on("close", () => {
    clearTimeout(timer);
    fail("closed");
  });
}

type Answer = { readonly who: readonly [pod: string, seenFrom: string] } | { readonly failure: string } | undefined;

function readBanner(text: string): Answer {
  const end = text.indexOf("\n");
  if (end === -1) return undefined;
  const [pod = "", seenFrom = ""] = text.slice(0, end).split(" ");
  return { who: [pod, seenFrom] };
}

/** Good is a whole response with status 200 to 399; its pod is named by the header x-pod. */
function readResponse(text: string): Answer {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = text.slice(0, headEnd);
  const length = Number(/^content-length:\s*(\d+)/im.exec(head)?.[1] ?? 0);
  if (text.length < headEnd + 4 + length) return undefined;
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  if (status < 200 || status > 399) return { failure: `status ${status}` };
  return { who: [/^x-pod:\s*(\S+)/im.exec(head)?.[1] ?? "", ""] };
}

async function openProbe(): Promise<(sequence: number) => void> {
  const { mode, path, host } = settings;
  if (mode === "udp") return openUdp();
  if (mode === "tcp") return (sequence) => overTcp(sequence, "", readBanner);
  const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: prober\r\nConnection: close\r\n\r\n`;
  return (sequence) => overTcp(sequence, request, readResponse);
}

const probe = await openProbe();
const everyNs = BigInt(Math.max(1, Math.round(settings.everyMs * 1e6)));
let sequence = 0;
let nextNs = process.hrtime.bigint();
let timer: NodeJS.Timeout | undefined;

function tick(): void {
  let nowNs = process.hrtime.bigint();
  for (let sent = 0; nextNs <= nowNs && sent < OVERDUE_LIMIT; sent++) {
    probe(++sequence);
    nextNs += everyNs;
    nowNs = process.hrtime.bigint();
  }
  if (nextNs <= nowNs) nextNs = nowNs + everyNs;
  timer = setTimeout(tick, Number(nextNs - nowNs) / 1e6);
}

setInterval(flush, FLUSH_EVERY_MS);
console.log("ready");
tick();

process.on("SIGTERM", () => {
  clearTimeout(timer);
  const lastMs = performance.now() + (settings.mode === "udp" ? LINGER_MS : settings.timeoutMs + LINGER_MS);
  setInterval(() => {
    if (open.size > 0 && performance.now() < lastMs) return;
    flush();
    // stdout is a pipe: exit only once it has taken everything.
    process.stdout.write("", () => process.exit(0));
  }, FLUSH_EVERY_MS);
});
