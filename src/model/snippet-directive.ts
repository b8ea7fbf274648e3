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

/**
 * Reads `name arguments;` and `name arguments {` with words, comments, quotes and escapes as nginx has them
 * (ngx_conf_read_token): what differs from it would hide a directive from us. Linear.
 */
function* readDirectives(snippet: string): Generator<SnippetDirective> {
  /** Where the present directive begins, and in which line; -1 between two. */
  let start = -1;
  let startLine = 1;
  let line = 1;
  let quote = "";
  /** Whether a word would begin here: comments, quotes and `}` mean something there alone. */
  let isWordStart = true;
  /** `${` does not open a block. */
  let isAfterDollar = false;
  for (let index = 0; index < snippet.length; index++) {
    const character = snippet.charAt(index);
    if (character === "\n") line += 1;
    if (quote !== "") {
      if (character === quote) quote = "";
      // After a closing parenthesis nginx begins another word without a blank.
      if (quote === "" && snippet.charAt(index + 1) === ")") [isWordStart, index] = [true, index + 1];
    } else if (isBreak(character) && (isWordStart || character !== "}") && !(isAfterDollar && character === "{")) {
      if (start !== -1) yield directiveOf(snippet.slice(start, index), startLine);
      [start, isWordStart] = [-1, true];
    } else if (BLANKS.includes(character)) {
      isWordStart = true;
    } else if (character === "#" && isWordStart) {
      // The end of the line is looked at again: it counts.
      index = lineEnd(snippet, index) - 1;
    } else {
      if (start === -1) [start, startLine] = [index, line];
      if (isWordStart && (character === '"' || character === "'")) quote = character;
      isWordStart = false;
    }
    isAfterDollar = character === "$" || (isAfterDollar && character === "{");
    if (character !== "\\") continue;
    // The next character is one like any other, even the end of a line.
    index += 1;
    if (snippet.charAt(index) === "\n") line += 1;
  }
  // A quote without an end is not nginx configuration: what begins with it counts.
  if (start !== -1) yield directiveOf(quote + snippet.slice(start), startLine);
}

/** What ends a directive. What closes a block was opened by a directive that has been seen. */
function isBreak(character: string): boolean {
  return character === ";" || character === "{" || character === "}";
}

function lineEnd(snippet: string, from: number): number {
  const end = snippet.indexOf("\n", from);
  return end === -1 ? snippet.length : end;
}

function directiveOf(text: string, line: number): SnippetDirective {
  const words = text.replaceAll(/[ \t\r\n]+/g, " ").trim();
  return { name: words.split(" ", 1)[0] ?? "", text: words, line };
}
