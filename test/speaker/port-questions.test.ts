import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PortQuestions } from "#speaker/port-questions.ts";
import { eventually } from "#test/support/eventually.ts";

const families = [
  { family: "ipv4", address: "127.0.0.1", type: "udp4" },
  { family: "ipv6", address: "::1", type: "udp6" },
] as const;

describe("PortQuestions", () => {
  let questions: PortQuestions | undefined;
  afterEach(() => questions?.close());

  it.each(families)("hears over $family that no process has the port, and gets no other word", async (at) => {
    const refused: string[] = [];
    const taken = createSocket(at.type).bind(0, at.address);
    await once(taken, "listening");
    const heard: number[] = [];
    taken.on("message", ({ length }) => heard.push(length));
    const { port } = taken.address();
    questions = new PortQuestions({ port, onRefused: (node) => refused.push(node) });
    const member = { node: "n2", ...at, macs: [] };
    questions.ask(member);
    // A speaker that has the port gets an empty datagram, which it ignores.
    await vi.waitFor(() => expect(heard).toEqual([0]), eventually);
    expect(refused).toEqual([]);
    taken.close();
    await once(taken, "close");
    questions.ask(member);
    await vi.waitFor(() => expect(refused[0]).toBe("n2"), eventually);
  });

  it("asks for a bounded number of members at once, and for none after it was closed", () => {
    questions = new PortQuestions({ port: 9, onRefused: () => undefined });
    for (let index = 0; index < 1_000; index++)
      questions.ask({ node: `n${index}`, address: "127.0.0.1", family: "ipv4", macs: [] });
    expect(questions.open).toBe(64);
    questions.close();
    expect(questions.open).toBe(0);
  });
});
