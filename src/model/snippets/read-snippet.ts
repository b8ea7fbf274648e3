import { DIRECTIVE_BREAKS, readSnippetWords } from "./read-snippet-words.ts";

/** A directive of nginx with its arguments, and with the directives of its block. */
export interface ReadDirective {
  readonly name: string;
  /** Without their quotation marks. */
  readonly args: readonly string[];
  /** The directive on one line, without its block: `location = /a`. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  readonly block?: readonly ReadDirective[];
}

/** Directives of one snippet, those in blocks too. */
const MAX_DIRECTIVES = 100;
/** A backslash before these is not a character of the value, for nginx; what it means there no value needs. */
const ESCAPES = /\\["'\\ trn]/;

/** Blocks inside of blocks: `if` in a `location` in a `location`. */
const MAX_DEPTH = 4;

/** Reads all directives of a snippet, with their blocks; undefined where it is not nginx configuration, or too long. */
export function readSnippet(snippet: string): readonly ReadDirective[] | undefined {
  const reader = new SnippetReader();
  for (const { text, line } of readSnippetWords(snippet)) if (text === "" || !reader.take(text, line)) return undefined;
  return reader.end();
}

/** Puts words together to directives, one word after the other. */
class SnippetReader {
  readonly #outer: ReadDirective[] = [];
  /** The blocks that are open, the innermost last. */
  readonly #blocks: { readonly head: ReadDirective; readonly inner: ReadDirective[] }[] = [];
  /** Of the directive that is being read. */
  #words: string[] = [];
  #line = 1;
  #count = 0;

  /** False: what comes here no directive of nginx has. */
  take(text: string, line: number): boolean {
    if (!DIRECTIVE_BREAKS.includes(text)) {
      if (this.#words.length === 0) this.#line = line;
      this.#words.push(text);
      return true;
    }
    if (++this.#count > MAX_DIRECTIVES) return false;
    if (text === "}") return this.#closeBlock();
    const directive = directiveOf(this.#words, this.#line);
    this.#words = [];
    if (directive === undefined) return false;
    return text === ";" ? this.#into().push(directive) > 0 : this.#openBlock(directive);
  }

  /** The directives; undefined where one has no end. */
  end(): readonly ReadDirective[] | undefined {
    return this.#words.length > 0 || this.#blocks.length > 0 ? undefined : this.#outer;
  }

  /** Where the next directive belongs. */
  #into(): ReadDirective[] {
    return this.#blocks.at(-1)?.inner ?? this.#outer;
  }

  #openBlock(head: ReadDirective): boolean {
    return this.#blocks.length < MAX_DEPTH && this.#blocks.push({ head, inner: [] }) > 0;
  }

  #closeBlock(): boolean {
    const block = this.#words.length > 0 ? undefined : this.#blocks.pop();
    return block !== undefined && this.#into().push({ ...block.head, block: block.inner }) > 0;
  }
}

/** Undefined where there is no word, or one has an escape of nginx. */
function directiveOf(words: readonly string[], line: number): ReadDirective | undefined {
  if (words.length === 0 || words.some((word) => ESCAPES.test(word))) return undefined;
  const [name = "", ...args] = words.map(unquoted);
  return { name, args, text: words.join(" "), line };
}

function unquoted(word: string): string {
  return word.startsWith('"') || word.startsWith("'") ? word.slice(1, -1) : word;
}
