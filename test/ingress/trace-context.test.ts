import { describe, expect, it } from "vitest";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import type { TraceContext } from "#ingress/engine/trace-context.ts";
import { until } from "#lab/rack/until.ts";
import { answering, ask, closedPort, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const VALID = `00-${ID}-00f067aa0ba902b7-00`;

/** What the endpoint gets of a request with these lines, and the trace id that is logged. */
async function asked(traceContext: TraceContext, lines: readonly string[]) {
  await using endpoint = await startEndpoint(answering("hello"));
  await using proxy = await startProxy({ s: [endpoint.port] });
  const logged: { readonly traceId: string }[] = [];
  const accessLog = new AccessLog((bytes) => void logged.push(JSON.parse(bytes.toString()) as { traceId: string }));
  Object.assign(proxy.engine, { accessLog, traceContext });
  await ask(
    proxy.port,
    `GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n${lines.join("\r\n")}${lines.length > 0 ? "\r\n" : ""}\r\n`,
  );
  await until("the line", () => logged.length === 1);
  const got = endpoint
    .received()
    .split("\r\n")
    .filter((line) => /^trace/i.test(line));
  return { got, traceId: logged[0]?.traceId };
}

describe("F W3C trace context", () => {
  it.each(["pass", "make"] as const)("passes as it came where it can be read (%s)", async (option) => {
    const lines = [`Traceparent: ${VALID}`, "tracestate: a=1,b=2"];
    expect(await asked(option, lines)).toEqual({ got: lines, traceId: ID });
  });

  it("of a later version passes too", async () => {
    const lines = [`traceparent: 01-${ID}-00f067aa0ba902b7-00-more`];
    expect(await asked("make", lines)).toEqual({ got: lines, traceId: ID });
  });

  it("is not made where the option is pass", async () => {
    expect(await asked("pass", [])).toEqual({ got: [], traceId: "" });
  });

  it("is made where there is none, sampled, and another one each time", async () => {
    const [one, other] = [await asked("make", []), await asked("make", [])];
    for (const { got, traceId } of [one, other])
      expect(got).toEqual([expect.stringMatching(new RegExp(`^traceparent: 00-${traceId}-[0-9a-f]{16}-01$`))]);
    expect(one.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(one.traceId).not.toBe(other.traceId);
  });

  it.each([
    { name: "of version ff", value: `ff-${ID}-00f067aa0ba902b7-00` },
    { name: "in capital letters", value: VALID.toUpperCase() },
    { name: "with a trace id of zeros", value: `00-${"0".repeat(32)}-00f067aa0ba902b7-00` },
    { name: "with a parent id of zeros", value: `00-${ID}-${"0".repeat(16)}-00` },
    { name: "that is too short", value: VALID.slice(0, -1) },
    { name: "of version 00 with more", value: `${VALID}-more` },
    { name: "of a later version with more, and no hyphen", value: `01${VALID.slice(2)}more` },
    { name: "without hyphens", value: VALID.replaceAll("-", "0") },
    { name: "that is there twice", value: `${VALID}\r\ntraceparent: ${VALID}` },
  ])(
    "$name is not logged; it passes, or another one is made in its place, without its tracestate",
    async ({ value }) => {
      const lines = [`traceparent: ${value}`, "tracestate: a=1"];
      expect((await asked("pass", lines)).traceId).toBe("");
      const { got, traceId } = await asked("make", lines);
      expect(got).toEqual([expect.stringMatching(new RegExp(`^traceparent: 00-${traceId}-[0-9a-f]{16}-01$`))]);
      expect(traceId).not.toBe(ID);
    },
  );

  it("is made without an access log, and is the same for the endpoint that is asked next", async () => {
    await using endpoint = await startEndpoint(answering("hello"));
    await using proxy = await startProxy({ s: [await closedPort(), endpoint.port] });
    Object.assign(proxy.engine, { traceContext: "make" });
    for (let count = 0; count < 2; count++)
      await ask(proxy.port, "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n");
    expect(endpoint.received().match(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r$/gm)).toHaveLength(2);
  });
});
