import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillTemplate } from "#src/model/template.ts";
import { parseSnippet, type SnippetScope } from "#src/model/snippets/parse-snippet.ts";
import { firstRiskyDirective } from "#src/model/snippets/snippet-directive.ts";
import type { Snippet, SnippetAnswer, SnippetLocation } from "#src/model/snippets/snippet.ts";

function answerText(answer: SnippetAnswer | { readonly kind: "closed" }): string {
  if (answer.kind === "closed") return "closed";
  if (answer.kind === "respond") return String(answer.status);
  const { status, location } = answer.redirect;
  return `${status} ${fillTemplate(location, (variable) => `$${variable}`)}`;
}

/** What a snippet comes to, a part on each line. */
function partsOf({ requestFields, responseFields, sources, answer, locations }: Snippet): readonly string[] {
  return [
    ...requestFields.map(({ name, value }) => `request ${name}: ${value}`),
    ...responseFields.map(
      ({ act, name, value, onErrors }) => `${act}${onErrors ? "" : " (no errors)"} ${name}: ${value}`,
    ),
    ...(sources === undefined ? [] : [`sources ${count(sources.allowed)} ${count(sources.denied)}`]),
    ...(answer === undefined ? [] : [`answer ${answerText(answer)}`]),
    ...locations.map(locationText),
  ];
}

function locationText({ match, answer, sources, responseFields, because }: SnippetLocation): string {
  return [
    `${match.kind} ${match.path}: ${answerText(answer)}`,
    ...(sources === undefined ? [] : [`sources ${count(sources.allowed)} ${count(sources.denied)}`]),
    ...responseFields.map(
      ({ act, name, value, onErrors }) => `${act}${onErrors ? "" : " (no errors)"} ${name}: ${value}`,
    ),
    ...(because === undefined ? [] : [`line ${because.line}: ${because.text}`]),
  ].join("; ");
}

function count(set: { readonly ipv4: readonly unknown[]; readonly ipv6: readonly unknown[] } | undefined): string {
  return set === undefined ? "-" : String(set.ipv4.length + set.ipv6.length);
}

function read(text: string, scope: SnippetScope = "paths"): readonly string[] | string {
  const parsed = parseSnippet(text, scope);
  return parsed.ok ? partsOf(parsed.snippet) : `line ${parsed.directive?.line}: ${parsed.directive?.text}`;
}

describe("parseSnippet() does a closed list of directives", () => {
  it.each([
    ["", []],
    ["add_header X-A b;", ["add (no errors) X-A: b"]],
    ["add_header X-A 'b; c' always;", ["add X-A: b; c"]],
    ['more_set_headers "X-A: b" "X-C: d:e";', ["set X-A: b", "set X-C: d:e"]],
    ['more_set_headers "X-A:";', ["clear X-A: "]],
    ["more_clear_headers X-A X-B;", ["clear X-A: ", "clear X-B: "]],
    ["proxy_hide_header X-A;", ["clear X-A: "]],
    ["proxy_set_header X-A b;", ["request X-A: b"]],
    ['proxy_set_header Authorization "";', ["request Authorization: "]],
    ['more_set_input_headers "X-A: b";', ["request X-A: b"]],
    ["more_clear_input_headers X-A;", ["request X-A: "]],
    // What Hawser sends anyway, and what ingress-nginx writes over.
    ["proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;", []],
    ["proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;", []],
    ['proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";', []],
    ['more_set_input_headers "X-Forwarded-Proto: https";', []],
    ["deny all;", ["sources 0 -"]],
    ["allow all;", []],
    ["allow 10.0.0.0/8; allow 2001:db8::/32; deny all;", ["sources 2 -"]],
    ["deny 10.0.0.1; deny 10.0.0.3; allow 10.0.0.0/8; deny all;", ["sources 1 2"]],
    ["deny 10.0.0.1;", ["sources - 1"]],
    ["deny 10.0.0.1; allow all; deny 10.0.0.2;", ["sources - 1"]],
    ["allow 10.0.0.1;", []],
    ["return 403;", ["answer 403"]],
    ["return 404 'nothing here';", ["answer 404"]],
    ["return 301 https://b.com$request_uri;", ["answer 301 https://b.com$request_uri"]],
    ["return https://b.com/;", ["answer 302 https://b.com/"]],
  ])("as configuration-snippet: %s", (text, parts) => expect(read(text)).toEqual(parts));

  it.each([
    ["location = /a { deny all; }", ["exact /a: 403"]],
    ["location /a { return 404; }", ["prefix /a: 404"]],
    ["location ^~ /a/ { deny all; return 403; access_log off; }", ["prefix /a/: 403"]],
    ["location ~* /a/[^/]+/b { return 403; }", ["expression /a/[^/]+/b: 403"]],
    ["location ~ ^/(?:a|b)/ { deny all; }", ["expression ^/(?:a|b)/: 403"]],
    ["location = /robots.txt { allow all; log_not_found off; }", ["exact /robots.txt: 404"]],
    ["location = /dav { return 301 $scheme://$host/new; }", ["exact /dav: 301 $scheme://$host/new"]],
    ["location /a { allow 10.0.0.0/8; deny all; }", ["prefix /a: 404; sources 1 -"]],
    ["location /a { deny 10.0.0.1; }", ["prefix /a: 404; sources - 1"]],
    ["location /a { deny all; allow 10.0.0.0/8; }", ["prefix /a: 403"]],
    ["location /a { deny 10.0.0.1; return 410; }", ["prefix /a: 410"]],
    ["location /a { add_header X-A b; return 204; }", ["prefix /a: 204; add (no errors) X-A: b"]],
    ["location /a { more_set_headers 'X-A: b'; return 403; }", ["prefix /a: 403; set X-A: b"]],
    ["location /a { proxy_set_header X-A b; return 403; }", ["prefix /a: 403"]],
    [
      "rewrite ^/old /new redirect;",
      ["expression ^/old: 302 $scheme://$host$is_request_port$request_port/new$is_args$args"],
    ],
    ["rewrite ^/old https://b.com/x permanent;", ["expression ^/old: 301 https://b.com/x$is_args$args"]],
    ["rewrite ^/old $scheme://b.com/x;", ["expression ^/old: 302 $scheme://b.com/x$is_args$args"]],
    ["more_set_headers 'X-A: b'; server_tokens off; proxy_ssl_verify off;", ["set X-A: b"]],
    ["proxy_set_header X-A b;", []],
  ])("as server-snippet: %s", (text, parts) => expect(read(text, "hosts")).toEqual(parts));

  it.each([
    ["rewrite ^/a /b last;", "line 1: rewrite ^/a /b last"],
    ["add_header X-A b;\nif ($a) { return 403; }", "line 2: if ($a)"],
    ["proxy_set_header Host other.com;", "line 1: proxy_set_header Host other.com"],
    ["proxy_set_header X-Forwarded-Proto https;", "line 1: proxy_set_header X-Forwarded-Proto https"],
    ["proxy_set_header Transfer-Encoding x;", "line 1: proxy_set_header Transfer-Encoding x"],
    ["proxy_set_header X_A b;", "line 1: proxy_set_header X_A b"],
    ["proxy_set_header X-A $remote_user;", "line 1: proxy_set_header X-A $remote_user"],
    ["proxy_set_header X-A b c;", "line 1: proxy_set_header X-A b c"],
    ["allow 10.0.0.0/8; deny 10.1.0.0/16; deny all;", "line 1: allow 10.0.0.0/8"],
    ["deny unix:;", "line 1: deny unix:"],
    ["deny 10.0.0.0/8,11.0.0.0/8;", "line 1: deny 10.0.0.0/8,11.0.0.0/8"],
    ["return 444;", "line 1: return 444"],
    ["return 200 ok;", "line 1: return 200 ok"],
    ["return 301 $cookie_next;", "line 1: return 301 $cookie_next"],
    ["return 403; return 404;", "line 1: return 404"],
    ["location = /a { deny all; }", "line 1: location = /a"],
    ["location /a { if ($x) { return 403; } }", "line 1: location /a"],
    ['add_header X "\\""; deny all;', "line undefined: undefined"],
    ["; deny all;", "line undefined: undefined"],
    ["deny all; }", "line undefined: undefined"],
    ["deny all", "line undefined: undefined"],
    [`${"gzip on;".repeat(101)}deny all;`, "line undefined: undefined"],
  ])("refuses what is not in it: %s", (text, is) => expect(read(text)).toBe(is));

  it.each([
    "rewrite (?=a) /b last;",
    "rewrite ^/a;",
    "rewrite ^/a /b other;",
    "rewrite ^/a /b last x;",
    `${"location /a {".repeat(6)}${"}".repeat(6)}`,
    `location /a { more_set_headers "X-A: ${"x".repeat(1_500)}" "X-B: ${"x".repeat(1_500)}"; return 403; }`,
    "location @named { return 403; }",
    "location ~ (a { return 403; }",
    "location /a b c { return 403; }",
    "location /%61 { return 403; }",
    "deny all;",
    "return 403;",
    "location /a { return 403 }",
    'location /a { return "\\"" }',
  ])("refuses what is not in it, for hosts: %s", (text) =>
    expect(read(text, "hosts")).toMatch(/^line (?:1|undefined): /),
  );

  it.each([
    ["location /a { proxy_pass http://x; }", "prefix /a: closed; line 1: proxy_pass http://x"],
    ["location = /a {\nlimit_req zone=a; }", "exact /a: closed; line 2: limit_req zone=a"],
    ["location ~ ^/a { return 200 ok; }", "expression ^/a: closed; line 1: return 200 ok"],
    ["location /a { return 403; return 404; }", "prefix /a: closed; line 1: return 404"],
    ["location /a { allow 10.0.0.0/8; deny 10.1.0.0/16; deny all; }", "prefix /a: closed; line 1: allow 10.0.0.0/8"],
    ["location /a {\nif ($x) { return 403; } }", "prefix /a: closed; line 2: if ($x)"],
    ["location /a { location /a/b { return 403; } return 404; }", "prefix /a: closed; line 1: location /a/b"],
    ["rewrite ^/a /b last;", "expression ^/a: closed; line 1: rewrite ^/a /b last"],
    ["rewrite ^/(.*)$ /b/$1 permanent;", "expression ^/(.*)$: closed; line 1: rewrite ^/(.*)$ /b/$1 permanent"],
    ["rewrite ^/a /b?c redirect;", "expression ^/a: closed; line 1: rewrite ^/a /b?c redirect"],
  ])("closes the paths that such a line is for, of hosts: %s", (text, is) => expect(read(text, "hosts")).toEqual([is]));

  it("does not take more fields than fit beside a head", () => {
    expect(read(`more_set_headers "X-A: ${"x".repeat(1_500)}";`)).toHaveLength(1);
    expect(read(`more_set_headers "X-A: ${"x".repeat(1_500)}" "X-B: ${"x".repeat(1_500)}";`)).toBe(
      "line undefined: undefined",
    );
  });

  it("ignores nothing that may restrict, whatever is around it", () => {
    const parts = [
      "deny all;",
      "return 403;",
      "add_header X-A b;",
      "location /a {",
      "}",
      "if ($a) {",
      "gzip on;",
      "'",
      "#",
      "\n",
      "\\",
      " ",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), (texts) => {
        const text = texts.join("");
        const parsed = parseSnippet(text, "paths");
        if (!parsed.ok) return;
        for (const { text: line } of parsed.ignored) expect(firstRiskyDirective(`${line};`)).toBeUndefined();
        const { sources, answer } = parsed.snippet;
        // All that nginx would do is among what Hawser does.
        const isRisky = firstRiskyDirective(text) !== undefined;
        expect(isRisky).toBe(sources !== undefined || answer !== undefined);
      }),
    );
  });
});
