import type { Style } from '../../model/code-facts.ts';

const maxLineChars = 400;
const maxBodyLines = 300;

/**
 * How texts are written, by majority; of one file when one is given. What nothing votes on is as most are written:
 * single quotes, semicolons, 2 spaces, LF, trailing commas, a final newline.
 */
export function detectStyle(texts: readonly string[]): Style {
  // A line of thousands of characters is nobody's style.
  const lines = texts.map((text) => text.split(/\r?\n/).filter((line) => line.length <= maxLineChars));
  const crlf = total(texts, (text) => text.split('\r\n').length - 1);
  const newlines = total(texts, (text) => text.split('\n').length - 1);
  const ends = texts.filter((text) => text.length > 0);
  return {
    quote: vote(lines, quoteVotes) < 0 ? '"' : "'",
    semicolons: vote(lines, semicolonVotes) >= 0,
    indent: indentOf(lines),
    eol: crlf * 2 > newlines ? '\r\n' : '\n',
    trailingCommas: vote(lines, commaVotes) >= 0,
    finalNewline: ends.filter((text) => text.endsWith('\n')).length * 2 >= ends.length,
  };
}

/** A positive sum speaks for the default. */
function vote(files: readonly (readonly string[])[], votes: (lines: readonly string[]) => number): number {
  return total(files, votes);
}

function total<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}

function quoteVotes(lines: readonly string[]): number {
  return total(lines, (line) => {
    if (isComment(line)) return 0;
    const strings = line.match(/(['"])(?:(?!\1)[^\\]|\\.)*\1/g) ?? [];
    return total(strings, (string) =>
      /['"]/.test(string.slice(1, -1)) ? 0 : string.startsWith("'") ? 1 : -1,
    );
  });
}

/** Statements that stand on one line tell. */
function semicolonVotes(lines: readonly string[]): number {
  return lines.reduce((sum, line, index) => {
    if (!/^\s*(import|export \*|const|let|return|throw|await|type)\b/.test(line)) return sum;
    if (/;\s*(\/\/.*)?$/.test(line)) return sum + 1;
    const goesOn =
      /^\s*[.?:|&+\-*/=<>)}\]]/.test(lines[index + 1] ?? '') && !/^\s*\}/.test(lines[index + 1] ?? '');
    return /[\w'")\]`]\s*$/.test(line) && !goesOn ? sum - 1 : sum;
  }, 0);
}

function indentOf(files: readonly (readonly string[])[]): string {
  const steps = new Map<string, number>();
  for (const lines of files) {
    let before = 0;
    for (const line of lines) {
      if (line.trim() === '' || isComment(line)) continue;
      const lead = /^[\t ]*/.exec(line)?.[0] ?? '';
      const step = lead.startsWith('\t') ? '\t' : ' '.repeat(Math.max(0, lead.length - before));
      before = lead.startsWith('\t') ? 0 : lead.length;
      if (['\t', '  ', '    '].includes(step)) steps.set(step, (steps.get(step) ?? 0) + 1);
    }
  }
  return [...steps].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '  ';
}

/** The line before a closing bracket tells, where it is an element of a literal. */
function commaVotes(lines: readonly string[]): number {
  return lines.reduce((sum, line, index) => {
    const before = (lines[index - 1] ?? '').trimEnd();
    if (!/^\s*[\]})]/.test(line) || before === '' || isComment(before) || /[[({]$/.test(before)) return sum;
    if (before.endsWith(',')) return sum + 1;
    const isArray = /^\s*\]/.test(line);
    const isProperty =
      /^\s*(['"]?[\w$-]+['"]?\s*:\s.*[\w'")\]}`]|\w+)$/.test(before) && !inTypeBody(lines, index);
    return isArray || (/^\s*\}/.test(line) && isProperty) ? sum - 1 : sum;
  }, 0);
}

/** Members of an interface or type look like properties. */
function inTypeBody(lines: readonly string[], closing: number): boolean {
  const lead = /^\s*/.exec(lines[closing] ?? '')?.[0] ?? '';
  for (let at = closing - 1; at >= Math.max(0, closing - maxBodyLines); at -= 1) {
    const line = lines[at] ?? '';
    if (line.startsWith(lead) && /^\S/.test(line.slice(lead.length)) && line.trimEnd().endsWith('{')) {
      return /\b(interface|type|class|enum|switch|import|export)\b/.test(line);
    }
  }
  return false;
}

function isComment(line: string): boolean {
  return /^\s*(\/\/|\/?\*)/.test(line);
}
