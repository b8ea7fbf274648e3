import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  Scalar,
  visit,
  type YAMLMap,
} from "yaml";
import type { Key, WrittenYaml } from "./written-yaml.ts";

/** Why YAML text could not be read, with its line in the text (from 1). */
export interface YamlFault {
  readonly kind: "syntax" | "duplicate-key" | "too-many-aliases";
  readonly line: number;
  /** Lower-case sentence part, such as `it contains the key "spec" twice`. */
  readonly why: string;
}

/** What a YAML document says. */
export interface YamlContent {
  /** As JSON would have it: no dates, no binary, no maps with other keys than texts, no cycles. */
  readonly value: unknown;
  readonly line: number;
  readonly written: WrittenYaml;
  /** A number or boolean in it is written otherwise than it prints: `1.10`, `0x10`, `True`. */
  readonly hasOtherSpellings: boolean;
}

/**
 * One YAML document. `content` of a bad one: what it says apart from keys that a map in it contains twice. Not where the
 * document itself does: then `---` is missing, and what follows are other objects.
 */
export type YamlDocument =
  | ({ readonly ok: true } & YamlContent)
  | { readonly ok: false; readonly faults: readonly [YamlFault, ...YamlFault[]]; readonly content?: YamlContent };

/** Faults reported for one document: the later ones often only follow from the first. */
const MAX_FAULTS = 10;
/** Aliases a document may expand to: more is the "billion laughs" attack, and no manifest. */
const MAX_ALIASES = 100;

/**
 * Reads every document of a text (YAML 1.2 with merge keys, strictly: a key may appear once in a map). Each fault belongs to one
 * document; the others are read. Never throws. Documents are split before they are parsed, because a quote that is
 * never closed would otherwise take the following documents with it.
 */
export function readYaml(text: string): readonly YamlDocument[] {
  return splitDocuments(text).flatMap((part) => readPart(part.text, part.line));
}

interface Part {
  readonly text: string;
  /** Line of its first character in the whole text, from 1. */
  readonly line: number;
}

/** Cuts before each line `---`; directives (`%YAML`) and comments before it stay with the document they are for. */
function splitDocuments(text: string): readonly Part[] {
  const parts: Part[] = [];
  let lines: string[] = [];
  let start = 1;
  for (const [index, line] of text.split("\n").entries()) {
    if (SEPARATOR.test(line) && !isPreamble(lines)) {
      parts.push({ text: lines.join("\n"), line: start });
      lines = [];
      start = index + 1;
    }
    lines.push(line);
  }
  return [...parts, { text: lines.join("\n"), line: start }];
}

const SEPARATOR = /^---(?:\s|$)/;

function isPreamble(lines: readonly string[]): boolean {
  return lines.every((line) => /^\s*(?:#|%|$)/.test(line));
}

function readPart(text: string, firstLine: number): readonly YamlDocument[] {
  const counter = new LineCounter();
  const lineAt = (offset: number) => firstLine + Math.max(0, counter.linePos(offset).line - 1);
  try {
    const documents = parseAllDocuments(text, {
      lineCounter: counter,
      prettyErrors: false,
      strict: true,
      stringKeys: true,
      resolveKnownTags: false,
      merge: true,
      // The library compares each key with all before it; `findDuplicate` needs one look-up.
      uniqueKeys: false,
      logLevel: "silent",
    });
    return Array.from(documents, (document) => readDocument(document, lineAt));
  } catch (error) {
    return [{ ok: false, faults: [{ kind: "syntax", line: firstLine, why: messageOf(error) }] }];
  }
}

type LineAt = (offset: number) => number;

function readDocument(document: Document.Parsed, lineAt: LineAt): YamlDocument {
  const line = lineAt(document.contents?.range[0] ?? document.range[0]);
  const [error, ...more] = faultsOf(document, lineAt);
  if (error !== undefined) return { ok: false, faults: [error, ...more] };
  const { faults, isMisread, hasOtherSpellings } = inspectNodes(document, lineAt);
  const [fault, ...others] = faults;
  if (fault !== undefined && isMisread) return { ok: false, faults: [fault, ...others] };
  try {
    const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    const content = { value, line, written: writtenIn(document, lineAt), hasOtherSpellings };
    return fault === undefined ? { ok: true, ...content } : { ok: false, faults: [fault, ...others], content };
  } catch (error) {
    return { ok: false, faults: [{ kind: "too-many-aliases", line, why: messageOf(error) }] };
  }
}

/** The errors of the library, of each line the first: further ones there only follow from it. */
function faultsOf({ errors }: Document.Parsed, lineAt: LineAt): readonly YamlFault[] {
  const byLine = new Map<number, YamlFault>();
  for (const error of errors) {
    const line = lineAt(error.pos[0]);
    if (!byLine.has(line)) byLine.set(line, { kind: "syntax", line, why: messageOf(error) });
    if (byLine.size >= MAX_FAULTS) break;
  }
  return [...byLine.values()];
}

interface NodeFindings {
  readonly faults: readonly YamlFault[];
  /** What the document says is not what its writer meant. */
  readonly isMisread: boolean;
  readonly hasOtherSpellings: boolean;
}

/** What the library accepts: a key that a map contains twice, and an alias inside the node that it names. */
function inspectNodes(document: Document.Parsed, lineAt: LineAt): NodeFindings {
  const faults: YamlFault[] = [];
  let isMisread = false;
  let hasOtherSpellings = false;
  visit(document, {
    Scalar(_key, { value, source }) {
      const prints = typeof value === "number" || typeof value === "boolean" ? String(value) : source;
      hasOtherSpellings ||= prints !== source;
    },
    Map(_key, map) {
      const found = findDuplicates(map, lineAt);
      isMisread ||= found.length > 0 && map === document.contents;
      faults.push(...found.slice(0, MAX_FAULTS - faults.length));
    },
    Alias(_key, alias, path) {
      const isInside = path.some((node) => isNode(node) && !isAlias(node) && node.anchor === alias.source);
      if (!isInside || faults.length >= MAX_FAULTS) return;
      const why = `the alias *${alias.source} is inside the value that it stands for`;
      faults.push({ kind: "syntax", why, line: lineAt(alias.range?.[0] ?? 0) });
      isMisread = true;
    },
  });
  return { faults, isMisread, hasOtherSpellings };
}

function findDuplicates(map: YAMLMap, lineAt: LineAt): readonly YamlFault[] {
  const keys = new Set<unknown>();
  return map.items.flatMap(({ key }) => {
    const name = isScalar(key) ? key.value : key;
    // `<<` may appear twice: each merges another map.
    const isDuplicate = keys.has(name) && name !== MERGE;
    keys.add(name);
    if (!isDuplicate) return [];
    const line = lineAt((isNode(key) ? key.range?.[0] : undefined) ?? 0);
    return { kind: "duplicate-key", why: `it contains the key ${JSON.stringify(name)} twice`, line };
  });
}

const MERGE = "<<";

/** Where a node is found: its key (of a map), and itself. */
interface Found {
  readonly key: Node | undefined;
  readonly node: Node | undefined;
}

function writtenIn(document: Document.Parsed, lineAt: LineAt): WrittenYaml {
  const root: Found = { key: undefined, node: document.contents ?? undefined };
  /** The values on the way, as far as the keys lead; and whether that is all of it. */
  const walk = (keys: readonly Key[]): { readonly last: Found; readonly isWhole: boolean } => {
    let last = root;
    for (const key of keys) {
      const next = childOf(document, last.node, key);
      if (next === undefined) return { last, isWhole: false };
      last = next;
    }
    return { last, isWhole: true };
  };
  return {
    lineOf(keys) {
      const { key, node } = walk(keys).last;
      // A map or list under a key begins a line further down; the line that names it is the one to look at.
      const shown = isScalar(node) && node.source !== "" ? node : (key ?? node);
      return lineAt(shown?.range?.[0] ?? 0);
    },
    blockLineOf(keys) {
      const { last, isWhole } = walk(keys);
      const isBlock = isWhole && isScalar(last.node) && last.node.type === Scalar.BLOCK_LITERAL;
      return isBlock ? lineAt(last.node?.range?.[0] ?? 0) + 1 : undefined;
    },
    spellingOf(keys) {
      const { last, isWhole } = walk(keys);
      return isWhole && isScalar(last.node) && last.node.type === Scalar.PLAIN ? last.node.source : undefined;
    },
  };
}

function childOf(document: Document.Parsed, node: Node | undefined, key: Key): Found | undefined {
  const resolved = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(resolved) && typeof key === "number") {
    const item = resolved.items[key];
    return isNode(item) ? { key: undefined, node: item } : undefined;
  }
  return isMap(resolved) ? entryOf(document, resolved, key) : undefined;
}

function entryOf(document: Document.Parsed, map: YAMLMap, key: Key): Found | undefined {
  const pair = map.items.findLast((one) => isScalar(one.key) && String(one.key.value) === String(key));
  if (pair !== undefined) {
    const { key: name, value } = pair;
    return { key: isNode(name) ? name : undefined, node: isNode(value) ? value : undefined };
  }
  for (const { key: name, value } of map.items) {
    if (!isScalar(name) || name.value !== MERGE || !isNode(value)) continue;
    const merged = isSeq(value) ? value.items : [value];
    for (const one of merged) {
      const found = isNode(one) ? childOf(document, one, key) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Messages of the library that name notions of YAML, in the words of a person who wrote a manifest. */
const PLAIN_WORDS: readonly (readonly [start: string, why: string])[] = [
  [
    "Implicit keys need to be on a single line",
    "a key has no colon and space after it, or a text of several lines no quotes",
  ],
  ["Implicit map keys need to be followed", "a key has no colon and space after it"],
  ["Nested mappings are not allowed in compact", "a line has two colons: a value with a colon in it needs quotes"],
];

/** The first line of an error's message, in the form of the middle of a sentence. */
function messageOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  const plain = PLAIN_WORDS.find(([start]) => line.startsWith(start));
  if (plain !== undefined) return plain[1];
  const text = line.slice(0, 200).replace(/[.:]$/, "");
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
