import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { plugInIo } from "#cli/plug-in-io.ts";
import { commandNames } from "#cli/run-hawser.ts";
import { testIo } from "#test/support/program-io.ts";

describe("C plugInIo()", () => {
  const printed = (text: string): string => {
    const io = testIo();
    plugInIo(io, commandNames).stdout.write(text);
    return io.out();
  };

  it.each([
    { text: "Usage: hawser status [options]", says: "Usage: kubectl hawser status [options]" },
    { text: "See hawser --help\n", says: "See kubectl hawser --help\n" },
    { text: "See hawser COMMAND --help", says: "See kubectl hawser COMMAND --help" },
    { text: "hawser: no command given\n\nUsage", says: "kubectl hawser: no command given\n\nUsage" },
    { text: "hawser explain: give one", says: "kubectl hawser explain: give one" },
    { text: "(hawser release shop/web)", says: "(kubectl hawser release shop/web)" },
    { text: "run hawser explain a, or hawser pools", says: "run kubectl hawser explain a, or kubectl hawser pools" },
  ])("says how it is called: $text", ({ text, says }) => {
    expect(printed(text)).toBe(says);
  });

  it.each([
    "hawser 0.1.0",
    "configmap/hawser-system/hawser\n",
    "kubectl hawser status",
    "hawser.dev/status",
    "/opt/hawser status",
    "hawser speakers-are-here",
    "Namespace hawser is not there",
  ])("leaves other words: %s", (text) => {
    expect(printed(text)).toBe(text);
  });

  it("is otherwise the same stream", () => {
    const stream = Object.assign(new Writable({ write: (_part, _encoding, done) => done() }), { isTTY: true });
    const { stdout } = plugInIo({ ...testIo(), stdout: stream }, commandNames);
    const heard: string[] = [];
    stdout.on("error", ({ message }) => heard.push(message));
    stream.emit("error", new Error("gone"));
    expect([heard, "isTTY" in stdout && stdout.isTTY]).toEqual([["gone"], true]);
  });
});
