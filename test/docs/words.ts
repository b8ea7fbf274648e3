/** A way to say something that an operator stumbles over at 3 am, and what to write instead. */
export interface Word {
  readonly not: string;
  readonly but: string;
  readonly pattern: RegExp;
}

/** Names of what is not a person: "which" and "its", never "who" and "his". */
const THINGS =
  "program|speaker|controller|ingress|pod|node|server|service|client|endpoint|proxy|connection|leader|candidate|member|process|object|controller|worker|socket|replica|request";

/** What our texts do not say. docs/glossary.md shows this table. */
export const WORDS: readonly Word[] = [
  { not: "mend", but: "fix", pattern: /\bmend(?:s|ed|ing)?\b/i },
  { not: "pass over, passed over", but: "ignore, skip", pattern: /\bpass(?:es|ed|ing)? over\b/i },
  {
    not: "is no X",
    but: "is not a X",
    pattern: /(?<!\bthere )(?<!\bwhere )\b(?:is|are|was|were) no (?!longer\b|more than\b|less than\b)(?=[a-z"`$])/i,
  },
  { not: "no more (of time)", but: "no longer", pattern: /\bno more\b(?!(?: [\w-]+){0,6} than\b)/i },
  {
    not: "stands in, stands there, stands under",
    but: "is in, contains, says",
    pattern: /\b(?:stand|stands|stood|standing) (?:in|there|under|beside|here)\b/i,
  },
  {
    not: "anew, is another one now, are others now",
    but: "again, changed",
    pattern: /\banew\b|\b(?:another one|others) now\b/i,
  },
  {
    not: "somebody, nobody, anybody, everybody, whoever, one of that name",
    but: "the actor: another speaker, the API server, no node",
    pattern: /\b(?:somebody|nobody|anybody|everybody|whoever|someone|anyone|of that name)\b/i,
  },
  {
    not: "is told, told of",
    but: "is reported, is notified of",
    pattern: /\b(?:is|are|was|were|be|been|being) told\b|\b(?:told|tells?|telling) of\b/i,
  },
  { not: "by itself", but: "automatically, alone", pattern: /\bby (?:itself|themselves)\b/i },
  {
    not: "for (= because), hence",
    but: "because, so",
    pattern:
      /\bhence\b|[,;] for (?:it|they|this|that|there|we|these|those) (?:is|are|was|has|have|would|may|can|do|does|will)\b/i,
  },
  {
    not: "The same for ... (as a whole doc comment)",
    but: "a sentence that is read alone",
    pattern: /^\*+ (?:The same (?:for|as|of)|Likewise|Ditto)\b/i,
  },
  {
    not: "who, his (of programs and Services)",
    but: "which, its",
    pattern: new RegExp(`\\b(?:${THINGS})s? (?:who|whom)\\b|\\bhis\\b`, "i"),
  },
  { not: "upstream", but: "endpoint", pattern: /(?<![\w`-])upstreams?(?![\w`-])/i },
  { not: "enrolled, enrolment", but: "member, member record", pattern: /\benrol(?:s|l?ed|ments?|ling)?\b/i },
  { not: "give out (an address)", but: "assign", pattern: /\bg[ai]ve[sn]? out\b|\bgiving out\b/i },
  {
    not: "leads no more, in peace, all is well",
    but: "lost the lead, cleanly, is complete",
    pattern: /\bin peace\b|\ball is well\b/i,
  },
  { not: "stays in force", but: "stays in use", pattern: /\bin force\b/i },
  { not: "an own X", but: "its own X, our own X", pattern: /\ban own\b/i },
  { not: "in vain", but: "without success", pattern: /\bin vain\b/i },
  { not: "gives way", but: "yields", pattern: /\bg[ai]ve[sn]? way\b/i },
];
