import { describe, expect, it } from "vitest";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { printProblem } from "#src/model/problem.ts";
import { configMap } from "#test/model/build.ts";

const PEER = "peers:\n- peer-address: 10.0.0.1\n  peer-asn: 1\n  my-asn: 2\n";

describe("a password that is badly written", () => {
  it.each([
    "  password: *hunter2",
    "  password: !hunter2 x",
    "  password: 'hunter2",
    '  password: "a" hunter2',
    "  password: hunter2: b",
    "  password: @hunter2",
    "  password: %hunter2\n\thunter2",
    "  password: [hunter2",
    "  password: { a: *hunter2 }",
    "  password:\n    *hunter2",
    "  password: 'a'\n  b: &x hunter2 hunter2\n  password: hunter2",
    "  password: |\n    hunter2\n    hunter2",
    "  Password: hunter2",
    "  passwrd: hunter2",
    "  node-selectors: [{ match-labels: { a: hunter2 } }]\n  password: [hunter2, 1]",
  ])("%j is in no message", (line) => {
    const { problems } = fromConfigMap(configMap(`${PEER}${line}\n`));
    expect(problems.map(printProblem).join("\n")).not.toContain("hunter2");
  });
});
