/** A directive in a snippet of nginx configuration, as far as it is of interest here. */
export interface SnippetDirective {
  /** The first word: `deny`. */
  readonly name: string;
  /** The directive on one line, without its block: `deny all`. */
  readonly text: string;
  /** Counted from 1 in the snippet. */
  readonly line: number;
}

/**
 * Directives that change neither who may come in nor what is reached: how long and how large things are, how answers are
 * compressed, cached and logged, and fields added to answers. Everything else may restrict (`deny`, `return`, `if`,
 * `auth_basic`, `limit_req`, `set`, `proxy_set_header`, Lua), keep something secret (`proxy_hide_header`), or hide a
 * directive that does.
 */
const HARMLESS =
  /^(?:add_header|more_set_headers|expires|etag|gzip(?:_\w+)?|brotli(?:_\w+)?|access_log|error_log|log_not_found|log_subrequest|charset|chunked_transfer_encoding|proxy_(?:buffering|buffer_size|buffers|busy_buffers_size|request_buffering|(?:connect|read|send)_timeout|pass_header|http_version|socket_keepalive|max_temp_file_size)|client_(?:body_buffer_size|body_timeout|header_timeout|header_buffer_size|max_body_size)|large_client_header_buffers|keepalive_(?:timeout|requests)|send_timeout|sendfile|tcp_(?:nodelay|nopush)|port_in_redirect|server_tokens|underscores_in_headers|ssl_(?:session_timeout|session_cache|buffer_size))$/;

/**
 * The first directive of a snippet that is not provably harmless; undefined where there is none. Text that is not
 * nginx configuration counts as a directive of its own.
 */
export function firstRiskyDirective(snippet: string): SnippetDirective | undefined {
  for (const directive of readDirectives(snippet)) if (!isHarmless(directive)) return directive;
  return undefined;
}

/** A field that replaces one of the endpoint's may let fewer origins in. */
function isHarmless({ name, text }: SnippetDirective): boolean {
  return HARMLESS.test(name) && (name !== "more_set_headers" || !/access-control-/i.test(text));
}

/** What nginx takes for white space between words: no other kind of blank. */
const BLANKS = " \t\r\n";
/** What ends a directive, where a word could begin. What closes a block was opened by a directive that has been seen. */
const BREAKS = ";{}";

/** Reads `name arguments;` and `name arguments {`. */
function* readDirectives(snippet: string): Generator<SnippetDirective> {
  let words: string[] = [];
  let first = 1;
  for (const { text, line } of readWords(snippet)) {
    if (text === "") {
      // A quote that does not end so is not nginx configuration: what comes before it does not make it harmless.
      yield { name: "", text: words.join(" "), line: first };
    } else if (!BREAKS.includes(text)) {
      if (words.length === 0) first = line;
      words.push(text);
    } else {
      if (words.length > 0) yield directiveOf(words, first);
      words = [];
    }
  }
  if (words.length > 0) yield directiveOf(words, first);
}

/**
 * Reads words and what ends directives, without comments, as nginx does (ngx_conf_read_token): what differs from it would
 * hide a directive from us. An empty word stands for one that does not end as nginx has it. Linear.
 */
function* readWords(snippet: string): Generator<{ readonly text: string; readonly line: number }> {
  let line = 1;
  for (let index = 0; index < snippet.length;) {
    const end = partEnd(snippet, index);
    const text = end === -1 ? "" : snippet.slice(index, end);
    if (text === "" || !/^[ \t\r\n#]/.test(text)) yield { text, line };
    if (end === -1) return;
    line += text.split("\n").length - 1;
    index = end;
  }
}

function partEnd(snippet: string, start: number): number {
  const character = snippet.charAt(start);
  if (BREAKS.includes(character) || BLANKS.includes(character)) return start + 1;
  return character === "#" ? lineEnd(snippet, start) : wordEnd(snippet, start);
}

/**
 * Where a word ends; -1 for one in quotation marks that never ends, or has something after it. A mark inside a word is a
 * character like any other.
 */
function wordEnd(snippet: string, start: number): number {
  const mark = snippet.charAt(start);
  if (mark !== '"' && mark !== "'") return bareEnd(snippet, start);
  for (let index = start + 1; index < snippet.length; index++) {
    const character = snippet.charAt(index);
    if (character === "\\") index += 1;
    else if (character === mark) return isWordBoundary(snippet.charAt(index + 1)) ? index + 1 : -1;
  }
  return -1;
}

function isWordBoundary(next: string): boolean {
  return next === ";" || next === "{" || BLANKS.includes(next);
}

function bareEnd(snippet: string, start: number): number {
  /** `${` does not open a block. */
  let isVariable = false;
  for (let index = start; index < snippet.length; index++) {
    const character = snippet.charAt(index);
    if (isVariable && character === "{") continue;
    if (character === ";" || character === "{" || BLANKS.includes(character)) return index;
    isVariable = character === "$";
    // The next character is one like any other, even the end of a line.
    if (character === "\\") index += 1;
  }
  return snippet.length;
}

function lineEnd(snippet: string, from: number): number {
  const end = snippet.indexOf("\n", from);
  return end === -1 ? snippet.length : end;
}

function directiveOf(words: readonly string[], line: number): SnippetDirective {
  return { name: words[0] ?? "", text: words.join(" "), line };
}
