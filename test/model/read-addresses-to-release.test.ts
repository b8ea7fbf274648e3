import { printIp } from "#src/ip/address.ts";
import { parseService } from "#src/model/service.ts";
import { describe, expect, it } from "vitest";

function read(text: string, type = "LoadBalancer") {
  const parsed = parseService({
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "web",
      namespace: "shop",
      createdMs: 0,
      labels: {},
      annotations: { "hawser.dev/release-addresses": text },
    },
    spec: { type, ports: [{ port: 80 }] },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const problems = parsed.problems.map(({ code, severity, what }) => `${severity} ${code} ${what}`);
  return { names: parsed.value.addressesToRelease.map(printIp), problems };
}

describe("hawser.dev/release-addresses", () => {
  it.each([
    { name: "one address", text: "192.0.2.5", names: ["192.0.2.5"] },
    {
      name: "several, spaced, one twice",
      text: " 192.0.2.5, 2001:DB8::1,192.0.2.5 ",
      names: ["192.0.2.5", "2001:db8::1"],
    },
    { name: "nothing", text: "  ", names: [] },
  ])("names addresses: $name", ({ text, names }) => expect(read(text)).toEqual({ names, problems: [] }));

  it.each([
    { name: "a word among them", text: "192.0.2.5,all", names: ["192.0.2.5"], what: 'Ignored "all"' },
    { name: "a range", text: "192.0.2.0/30", names: [], what: 'Ignored "192.0.2.0/30"' },
  ])("warns of what is not an address: $name", ({ text, names, what }) =>
    expect(read(text)).toEqual({ names, problems: [`warning RELEASE_UNREADABLE ${what}`] }),
  );

  it("reads 16 addresses, and warns of more", () => {
    const text = Array.from({ length: 5_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`).join(",");
    const { names, problems } = read(text);
    expect(names).toHaveLength(16);
    expect(problems).toEqual(["warning RELEASE_UNREADABLE Ignored all addresses after the first 16"]);
  });

  it("means nothing on a Service of another type", () => {
    expect(read("192.0.2.5", "ClusterIP")).toEqual({ names: [], problems: [] });
  });
});
