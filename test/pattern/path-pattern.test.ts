import { array, assert, constantFrom, letrec, oneof, property, stringMatching, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { PathPattern } from "#src/pattern/path-pattern.ts";

function readable(text: string): PathPattern {
  const read = PathPattern.read(text);
  if (!(read instanceof PathPattern)) throw new Error(`${text}: ${read.why}`);
  return read;
}

function groupsOf(text: string, path: string): string {
  return readable(text).groups(path)?.join(" ") ?? "no match";
}

describe("the budget of comparisons", () => {
  it("is used for the memory that a long path and a long expression need, too: the steps may be few", () => {
    const budget = { left: 5_000_000 };
    readable("/b[0-9]{400}").test(`/${"a".repeat(8_000)}`, budget);
    expect(5_000_000 - budget.left).toBeGreaterThan((400 * 8_000) / 32);
    const before = budget.left;
    readable("/b[0-9]{400}").test("/a", budget);
    expect(before - budget.left).toBeLessThan(2_000);
  });
});

describe("a pattern", () => {
  it.each([
    { pattern: "/foo(/|$)(.*)", path: "/foo", groups: "/foo  " },
    { pattern: "/foo(/|$)(.*)", path: "/FOO/bar/baz", groups: "/FOO/bar/baz / bar/baz" },
    { pattern: "/foo(/|$)(.*)", path: "/foobar", groups: "no match" },
    { pattern: "/foo", path: "/foobar", groups: "/foo" },
    { pattern: "/foo$", path: "/foobar", groups: "no match" },
    { pattern: "/(a|ab)(c|bcd)?", path: "/abcd", groups: "/abcd a bcd" },
    { pattern: "/a.*?/", path: "/ab/c/", groups: "/ab/" },
    { pattern: "/v(\\d+)/([^/]+)/?", path: "/v12/x-y/z", groups: "/v12/x-y/ 12 x-y" },
    { pattern: "/[[:alpha:]_-]+\\.php", path: "/wp-login.php", groups: "/wp-login.php" },
    { pattern: "/(?<name>\\w{2,3})", path: "/abcd", groups: "/abc abc" },
    { pattern: "/(?i)x(?:y|z)", path: "/XZ", groups: "/XZ" },
    { pattern: "/\\Qa.b\\E", path: "/a.b", groups: "/a.b" },
    { pattern: "/\\Qa.b\\E", path: "/axb", groups: "no match" },
    { pattern: "/x{,3}", path: "/x{,3}", groups: "/x{,3}" },
    { pattern: "/caf\u00e9", path: "/caf%C3%A9", groups: "/caf%C3%A9" },
    { pattern: "/a b", path: "/a%20b", groups: "/a%20b" },
    { pattern: "/\\bx\\b", path: "/x/y", groups: "/x" },
    { pattern: "/a|/b", path: "/x/b", groups: "/b" },
    { pattern: "/(a*)*b", path: "/aab", groups: "/aab aa" },
    { pattern: "/[]a]+", path: "/]a", groups: "/]a" },
    { pattern: "/[^/]+", path: "/a/b", groups: "/a" },
    { pattern: "/[a-]", path: "/-", groups: "/-" },
    { pattern: "", path: "/x", groups: "" },
  ])("$pattern and $path: $groups", ({ pattern, path, groups }) => {
    expect(groupsOf(pattern, path)).toBe(groups);
  });

  it.each([
    { pattern: "/(a", why: "a parenthesis is not closed" },
    { pattern: "/a)", why: "a parenthesis is closed that was not opened" },
    { pattern: "/[a", why: "a bracket is not closed" },
    { pattern: "/[b-a]", why: "a range in brackets ends before it begins" },
    { pattern: "/[\u00e9]", why: "a character that is not ASCII is in brackets" },
    { pattern: "/*", why: undefined },
    { pattern: "*", why: "a repetition follows what has no characters" },
    { pattern: "/(*)", why: "(*) is not supported" },
    { pattern: "/(|*)", why: "nothing is before *" },
    { pattern: "/a**", why: "a repetition follows a repetition" },
    { pattern: "/a++", why: "possessive repetitions are not supported" },
    { pattern: "/(?=a)", why: "looking ahead or behind is not supported" },
    { pattern: "/(?<!a)b", why: "looking ahead or behind is not supported" },
    { pattern: "/(?>a)", why: "atomic groups are not supported" },
    { pattern: "/(a)\\1", why: "\\1 refers to a group" },
    { pattern: "/\\p{L}", why: "\\p is not supported" },
    { pattern: "/a\\", why: "it ends with a backslash" },
    { pattern: "/a{3,2}", why: "a repetition names a lower number after a higher one" },
    { pattern: "/a{1001}", why: "a repetition names more than 1000 times" },
    { pattern: "/((a{30}){30}){30}", why: "it has more than 500 steps when its repetitions are written out" },
    { pattern: "(".repeat(51), why: "it has more than 50 groups within each other" },
    { pattern: "/".repeat(513), why: "it has more than 512 characters" },
  ])("$pattern cannot be read: $why", ({ pattern, why }) => {
    const read = PathPattern.read(pattern);
    expect(read instanceof PathPattern ? undefined : read.why).toBe(why);
  });

  it("finds what the engine of JavaScript finds, and its groups where none is repeated", () => {
    const character = constantFrom("a", "b", "/", ".", "\\d", "[ab]", "[^/]", "\\w", "\\.", "[0-9x]");
    const times = constantFrom("", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,}");
    const { node } = letrec<{ node: string; atom: string; group: string }>((tie) => ({
      atom: tuple(character, times).map(([one, many]) => one + many),
      group: tuple(array(tie("node"), { minLength: 1, maxLength: 2 }), constantFrom("(", "(?:")).map(
        ([branches, open]) => `${open}${branches.join("|")})`,
      ),
      node: array(oneof({ maxDepth: 2 }, tie("atom"), tie("group")), { minLength: 1, maxLength: 3 }).map((parts) =>
        parts.join(""),
      ),
    }));
    let matches = 0;
    assert(
      property(node, stringMatching(/^[abB/.1]{0,12}$/), (pattern, rest) => {
        if (pattern.length > 100) return;
        const path = `/${rest}`;
        const expected = new RegExp(`^/${pattern}`, "i").exec(path);
        const groups = readable(`/${pattern}`).groups(path);
        expect(groups).toEqual(expected === null ? undefined : Array.from(expected, (one) => one ?? ""));
        matches += Number(expected !== null);
      }),
      { numRuns: 3_000 },
    );
    expect(matches).toBeGreaterThan(500);
  });

  it("takes steps in proportion to the path, also where going back would take longer than anyone lives", () => {
    for (const pattern of ["/(x+x+)+y", "/(x|x)*y", "/(.*a){10}", "/((x*)*)*y"]) {
      expect(readable(pattern).test(`/${"x".repeat(8_000)}`)).toBe(false);
    }
  });

  it("is read in few steps, also where what is repeated has no characters", () => {
    // Written out, these would be 10 to the power of 60.
    for (const empty of ["(?:)", "(?i)", "\\Q\\E"]) {
      const pattern = `/${"(?:".repeat(20)}${empty}${"){1000}".repeat(20)}b`;
      expect(groupsOf(pattern, "/b")).toBe("/b");
    }
  });

  it("never fails on any text, and reads it or says why not", () => {
    assert(
      property(
        stringMatching(/^[\w(){}[\]*+?|\\^$.:,/<>=!-]{0,20}$/),
        stringMatching(/^[\w/.-]{0,20}$/),
        (pattern, path) => {
          const read = PathPattern.read(pattern);
          if (read instanceof PathPattern) read.test(`/${path}`);
          else expect(read.why).toMatch(/^\S.*[^.]$/);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
