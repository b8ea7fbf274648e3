import { describe, expect, it } from "vitest";
import { Cluster, pool, service } from "./build.ts";

const pools = [pool("p", ["192.0.2.200-192.0.2.203"])];

describe("a Service that is deleted and created again", () => {
  it("L9 gets its address back, four times", () => {
    const cluster = new Cluster(pools);
    cluster.put(service("other"));
    for (let round = 0; round < 4; round++) {
      expect(cluster.put(service("web"))["web"]).toBe("keep 192.0.2.201 AddressAssigned");
      cluster.remove("web");
    }
  });

  it("L9 finds it free: no other Service got it while it rested, though that came first", () => {
    const cluster = new Cluster(pools);
    cluster.put(service("web"));
    cluster.remove("web");
    expect(cluster.put(service("a"))["a"]).toBe("keep 192.0.2.201 AddressAssigned");
    expect(cluster.put(service("web"))["web"]).toBe("keep 192.0.2.200 AddressAssigned");
  });

  it("L9 gets it back as long as it is free, also after it rested", () => {
    const cluster = new Cluster(pools);
    cluster.put(service("a"), service("web"));
    cluster.remove("web");
    cluster.remove("a");
    cluster.wait(600_000);
    expect(cluster.put(service("web"))["web"]).toBe("keep 192.0.2.201 AddressAssigned");
  });

  it("L9 gets another one where that is taken, asked for otherwise or in no pool any longer", () => {
    const cluster = new Cluster(pools);
    cluster.put(service("web"));
    cluster.remove("web");
    cluster.put(service("thief", { requests: ["192.0.2.200"] }));
    expect(cluster.put(service("web"))["web"]).toBe("keep 192.0.2.201 AddressAssigned");
    cluster.remove("web");
    expect(cluster.put(service("web", { requests: ["192.0.2.203"] }))["web"]).toBe("keep 192.0.2.203 AddressAssigned");
    cluster.remove("web");
    cluster.configure([pool("q", ["192.0.2.210/31"])]);
    expect(cluster.put(service("web"))["web"]).toBe("keep 192.0.2.210 AddressAssigned");
  });

  it("L9 gets it back beside those that share it", () => {
    const cluster = new Cluster(pools);
    const [one, two] = ["one", "two"].map((name, at) => service(name, { sharingKey: "k", ports: [`TCP/${80 + at}`] }));
    if (one === undefined || two === undefined) throw new Error("two Services");
    cluster.put(service("low"), one, two);
    cluster.remove("two");
    cluster.remove("low");
    cluster.wait(600_000);
    expect(cluster.put(two)["two"]).toBe("keep 192.0.2.201 AddressAssigned");
  });
});
