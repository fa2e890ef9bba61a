import { type Token, tokensOf } from './tokens.ts';
import { parseSource, spend, ts } from './tree.ts';

/** A stretch of a text, in UTF-16 offsets. */
type Range = Readonly<{ start: number; end: number }>;

/** A token as it is compared, and where it is. */
type Word = Range & Readonly<{ text: string }>;

/** Where a fragment of code stands in a file, and the parts of it. */
export interface FoundFragment extends Range {
  /** The tokens of the fragment, one for each of `fragmentWords`. */
  readonly words: readonly Range[];
}

/**
 * The places where a file has the tokens of a fragment, whatever a formatter has made of them: quotes, semicolons,
 * trailing commas and the parentheses of one parameter do not count, nor do separators around the fragment. A place that
 * begins a statement ends with one.
 */
export function findFragment(path: string, text: string, fragment: string): readonly FoundFragment[] {
  const tree = parseSource(path, text);
  const all = tokensOf(tree).map(asWord);
  const [hay, needle] = [withoutChosen(all), fragmentWords(fragment)];
  if (needle.length === 0) return [];
  const statements = statementsOf(tree);
  const found: FoundFragment[] = [];
  for (let at = 0; at + needle.length <= hay.length; at += 1) {
    const differs = needle.findIndex((word, index) => hay[at + index]?.text !== word);
    spend(differs === -1 ? needle.length : differs + 1, () => path);
    if (differs !== -1) continue;
    const words = hay.slice(at, at + needle.length);
    const [start, end] = [words[0]?.start ?? 0, words.at(-1)?.end ?? 0];
    const semicolon = all.find((word) => word.start >= end);
    const closed = semicolon?.text === ';' && statements.starts.has(start) ? semicolon.end : end;
    if (!statements.starts.has(start) || statements.ends.has(closed) || statements.ends.has(end))
      found.push({ start, end: closed, words });
  }
  return found;
}

/** The tokens of a fragment as they are compared. */
export function fragmentWords(fragment: string): readonly string[] {
  const words = withoutChosen(scan(fragment).map(asWord)).map(({ text }) => text);
  const isSeparator = (word: string | undefined): boolean => word === ',';
  const from = isSeparator(words[0]) ? 1 : 0;
  return words.slice(from, isSeparator(words.at(-1)) && words.length > from ? -1 : undefined);
}

function asWord({ start, text }: Token): Word {
  return { text: comparable(text), start, end: start + text.length };
}

function comparable(text: string): string {
  if (/^\/[/*]/.test(text)) return `#${text.replace(/[/*\s]+/g, ' ').trim()}`;
  if (/^["']/.test(text)) return JSON.stringify(text.slice(1, -1).replace(/\\(["'])/g, '$1'));
  return text.replaceAll('\r\n', '\n');
}

function withoutChosen(words: readonly Word[]): readonly Word[] {
  const isOneParameter = (at: number): boolean =>
    words[at]?.text === '(' && words[at + 2]?.text === ')' && words[at + 3]?.text === '=>';
  return words.filter(({ text }, at) => {
    if (text === ';') return false;
    if (text === ',') return !/^[)\]}>]$/.test(words[at + 1]?.text ?? '');
    if (text === '(') return !isOneParameter(at);
    return text !== ')' || !isOneParameter(at - 2);
  });
}

function statementsOf(tree: ts.SourceFile): Readonly<Record<'starts' | 'ends', ReadonlySet<number>>> {
  const [starts, ends] = [new Set<number>(), new Set<number>()];
  const visit = (node: ts.Node): void => {
    if (ts.isStatement(node)) {
      starts.add(node.getStart(tree));
      ends.add(node.getEnd());
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { starts, ends };
}

/** The tokens and comments of a text that need not be a whole file. */
function scan(text: string): readonly Token[] {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, text);
  const tokens: Token[] = [];
  const braces: ('block' | 'hole')[] = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.WhitespaceTrivia || kind === ts.SyntaxKind.NewLineTrivia) continue;
    const isHoleEnd = kind === ts.SyntaxKind.CloseBraceToken && braces.pop() === 'hole';
    if (isHoleEnd && scanner.reScanTemplateToken(false) === ts.SyntaxKind.TemplateMiddle) braces.push('hole');
    if (kind === ts.SyntaxKind.OpenBraceToken) braces.push('block');
    if (kind === ts.SyntaxKind.TemplateHead) braces.push('hole');
    if (kind === ts.SyntaxKind.SlashToken && /^[(,=:[]?$/.test(tokens.at(-1)?.text ?? ''))
      scanner.reScanSlashToken();
    tokens.push({ text: scanner.getTokenText(), start: scanner.getTokenStart() });
  }
  return tokens;
}
