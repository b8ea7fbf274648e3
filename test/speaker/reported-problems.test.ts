import { describe, expect, it } from "vitest";
import { ReportedProblems } from "#speaker/reported-problems.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";

function problem(code: ProblemCode, where: string, severity: Problem["severity"] = "error"): Problem {
  return { code, at: { kind: "part", name: where }, what: "w", why: "y", fix: "f", severity };
}

function reported() {
  const logged = new Map<string, readonly Problem[]>();
  let changes = 0;
  const subject = new ReportedProblems({
    log: (place, problems) => void logged.set(place, problems),
    onChange: () => (changes += 1),
  });
  return { subject, logged, changes: () => changes };
}

describe("ReportedProblems", () => {
  it("L3 different keys are the Problem, not that the two do not hear each other", () => {
    const { subject, logged } = reported();
    const [unheard, other] = [
      problem("HEARTBEATS_NOT_HEARD", "speakers n1 and n2"),
      problem("HEARTBEATS_NOT_HEARD", "speakers n1 and n3"),
    ];
    const keys = problem("HEARTBEAT_KEY_DIFFERS", "speakers n1 and n2");
    subject.report("speaker", [unheard, other]);
    expect(subject.list()).toEqual([unheard, other]);
    subject.report("keys", [keys]);
    expect(subject.list()).toEqual([other, keys]);
    expect(logged.get("speaker")).toEqual([other]);
    subject.report("keys", []);
    expect(subject.list()).toEqual([unheard, other]);
  });

  it("says when they changed, and only then; errors come first, and there are 16 at most", () => {
    const { subject, changes } = reported();
    const many = Array.from({ length: 20 }, (_, index) => problem("HEARTBEATS_NOT_HEARD", `w${index}`, "warning"));
    subject.report("a", many);
    subject.report("a", [...many]);
    expect(changes()).toBe(1);
    const error = problem("PORT_IN_USE", "x");
    subject.report("b", [error]);
    expect(changes()).toBe(2);
    expect(subject.list()).toHaveLength(16);
    expect(subject.list()[0]).toBe(error);
  });

  it.each(["VIRTUAL_ROUTER_HAS_ADDRESS", "ADDRESS_HAS_TWO_OWNERS", "ADDRESS_YIELDED"] as const)(
    "%s, which any machine can make up, pushes no other out: neither errors nor warnings, in whatever order",
    (code) => {
      const { subject } = reported();
      const routers = Array.from({ length: 20 }, (_, index) => problem(code, `r${index}`));
      const others = [problem("ADDRESS_ON_LOCAL_INTERFACE", "eth0"), problem("HEARTBEATS_RELAYED", "n2", "warning")];
      subject.report("speaker", [...routers, ...others]);
      expect(subject.list().map(({ code }) => code)).toEqual([
        "ADDRESS_ON_LOCAL_INTERFACE",
        "HEARTBEATS_RELAYED",
        ...Array.from({ length: 14 }, () => code),
      ]);
      subject.report("keys", [problem("HEARTBEAT_KEY_DIFFERS", "n3", "warning")]);
      expect(subject.list()[2]?.code).toBe("HEARTBEAT_KEY_DIFFERS");
    },
  );
});
