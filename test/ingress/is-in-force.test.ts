import { describe, expect, it } from "vitest";
import { isInForce } from "#ingress/is-in-force.ts";
import { servingOptions } from "#test/support/start-servers.ts";

describe("isInForce()", () => {
  it.each([
    { flag: "--gzip-level=3", argv: ["--gzip-level=3"], is: true },
    { flag: "--gzip-level=3", argv: ["--gzip-level", "3"], is: true },
    { flag: "--gzip-level=3", argv: ["--gzip-level=4"], is: false },
    { flag: "--gzip-level=3", env: { HAWSER_GZIP_LEVEL: "3" }, is: true },
    { flag: "--gzip-level=3", argv: ["--gzip-level=4"], env: { HAWSER_GZIP_LEVEL: "3" }, is: false },
    { flag: "--gzip-level=3", is: false },
    { flag: "--idle-timeout=75", is: true },
    { flag: "--no-http2", is: false },
    { flag: "--no-http2", argv: ["--http2=false"], is: true },
    { flag: "--no-http2", env: { HAWSER_HTTP2: "0" }, is: true },
    { flag: "--nginx-metrics", env: { HAWSER_NGINX_METRICS: "yes" }, is: true },
    { flag: "--trusted-proxies=10.0.0.1,10.0.0.2", argv: ["--trusted-proxies", "10.0.0.1, 10.0.0.2"], is: true },
    { flag: "--trusted-proxies=10.0.0.1,10.0.0.2", argv: ["--trusted-proxies=10.0.0.1"], is: false },
    { flag: "--no-such-option", is: false },
    { flag: "--idle-timeout=0", is: false },
  ])("$flag with $argv $env: $is", ({ flag, argv, env, is }) => {
    expect(isInForce(flag, servingOptions(argv, env).options)).toBe(is);
  });
});
