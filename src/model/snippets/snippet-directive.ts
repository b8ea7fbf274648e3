import { DIRECTIVE_BREAKS, readSnippetWords } from "./read-snippet-words.ts";

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
  for (const directive of readDirectives(snippet)) if (!isHarmlessInSnippet(directive)) return directive;
  return undefined;
}

/** Switches that are off in Hawser, too. */
const OFF = /^(?:proxy_ssl_verify|proxy_intercept_errors|proxy_redirect)\s+off$/;

/** Whether a directive, without its block, is provably harmless. A field that replaces one of the endpoint's may let fewer origins in. */
export function isHarmlessInSnippet({ name, text }: Pick<SnippetDirective, "name" | "text">): boolean {
  return OFF.test(text) || (HARMLESS.test(name) && (name !== "more_set_headers" || !/access-control-/i.test(text)));
}

/** Reads `name arguments;` and `name arguments {`. */
function* readDirectives(snippet: string): Generator<SnippetDirective> {
  let words: string[] = [];
  let first = 1;
  for (const { text, line } of readSnippetWords(snippet)) {
    if (text === "") {
      // A quote that does not end so is not nginx configuration: what comes before it does not make it harmless.
      yield { name: "", text: words.join(" "), line: first };
    } else if (!DIRECTIVE_BREAKS.includes(text)) {
      if (words.length === 0) first = line;
      words.push(text);
    } else {
      if (words.length > 0) yield directiveOf(words, first);
      words = [];
    }
  }
  if (words.length > 0) yield directiveOf(words, first);
}

function directiveOf(words: readonly string[], line: number): SnippetDirective {
  return { name: words[0] ?? "", text: words.join(" "), line };
}
