import { parseSource, spend, ts } from './tree.ts';

/** One token or comment as it is written, and its UTF-16 offset. */
export type Token = Readonly<{ text: string; start: number }>;

/** Every token and comment of a file in order; white space is left out. */
export function tokensOf(node: ts.Node, source: ts.SourceFile = node.getSourceFile()): readonly Token[] {
  const tokens: Token[] = [];
  const visit = (each: ts.Node): void => {
    if (each.kind >= ts.SyntaxKind.FirstJSDocNode && each.kind <= ts.SyntaxKind.LastJSDocNode) return;
    const children = each
      .getChildren(source)
      .filter((child) => child.getFullWidth() > 0 || ts.isToken(child));
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const [from, start] = [each.getFullStart(), each.getStart(source)];
    for (const { index, text } of commentsIn(source.text.slice(from, start)))
      tokens.push({ text, start: from + index });
    if (each.getEnd() > start) tokens.push({ text: source.text.slice(start, each.getEnd()), start });
  };
  visit(node);
  return tokens;
}

/** Between two tokens are white space and comments alone, so a pattern is exact here. */
function commentsIn(gap: string): readonly Readonly<{ text: string; index: number }>[] {
  return [...gap.matchAll(/^#!.*|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g)].map(({ 0: text, index }) => ({
    text,
    index,
  }));
}

/**
 * `codeOf` with one import for each name, sorted: the same also for two texts in which a tool has sorted, split or joined
 * imports. For generated files alone: elsewhere the order may decide which side effect comes first.
 */
export function codeWithSortedImports(source: ts.SourceFile): readonly string[] {
  const imports = source.statements.filter(ts.isImportDeclaration).filter(({ importClause }) => importClause);
  const names = imports.flatMap((one) => importedNames(one));
  return [...names.sort(), ...codeOf(source, new Set<ts.Node>(imports))];
}

function importedNames({ importClause, moduleSpecifier }: ts.ImportDeclaration): readonly string[] {
  const from = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
  const { name, namedBindings, phaseModifier } = importClause ?? {};
  const isType = phaseModifier === ts.SyntaxKind.TypeKeyword;
  const line = (imported: string, local: string, type: boolean): string =>
    `import ${type ? 'type ' : ''}${imported} as ${local} from ${from}`;
  const whole = name === undefined ? [] : [line('default', name.text, isType)];
  if (namedBindings === undefined) return whole;
  if (ts.isNamespaceImport(namedBindings)) return [...whole, line('*', namedBindings.name.text, isType)];
  const named = namedBindings.elements.map((one) =>
    line((one.propertyName ?? one.name).text, one.name.text, isType || one.isTypeOnly),
  );
  return [...whole, ...named];
}

/**
 * What a file says, without what formatters choose: the same for two texts that differ in white space, quotes,
 * semicolons, trailing commas, quoted keys, redundant parentheses, braces around a single statement (`curly`) and the
 * first bar of a union alone. Literals are compared by value, comments by words, and what parentheses are for by the
 * nodes that they make.
 */
export function codeOf(source: ts.SourceFile, without?: ReadonlySet<ts.Node>): readonly string[] {
  const code: string[] = [];
  const visit = (node: ts.Node, siblings: readonly ts.Node[]): void => {
    if (without?.has(node) === true) {
      const lead = source.text.slice(node.getFullStart(), node.getStart(source));
      for (const { text } of commentsIn(lead)) code.push(...wordsOf(text));
      return;
    }
    const children = node.getChildren(source).filter(({ kind }) => !isJsDoc(kind));
    if (children.length === 0) {
      const gap = source.text.slice(node.getFullStart(), node.getStart(source));
      for (const { text } of commentsIn(gap)) code.push(...wordsOf(text));
      if (!isChosen(node, siblings)) code.push(valueOf(node, source));
      return;
    }
    const isBound = !transparent.has(node.kind) && !isLoneBlock(node);
    if (isBound) code.push(`<${kindNames.get(node.kind) ?? ''}`);
    for (const child of children) visit(child, children);
    if (isBound) code.push('>');
  };
  visit(source, []);
  return code;
}

/** Names, because a hash of the code is kept for later versions of the parser, and those count anew. */
const kindNames = new Map(
  Object.entries(ts.SyntaxKind)
    .filter(([name, kind]) => typeof kind === 'number' && !/^(?:First|Last)[A-Z]/.test(name))
    .map(([name, kind]) => [kind as ts.SyntaxKind, name] as const),
);

function isJsDoc(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstJSDocNode && kind <= ts.SyntaxKind.LastJSDocNode;
}

/** Neither the signs of a comment nor where its lines end. */
function wordsOf(comment: string): readonly string[] {
  const bare = comment.replace(/^\/\/|^\/\*+|\*+\/$/g, '').replace(/^[ \t]*\*/gm, '');
  return bare.split(/\s+/).flatMap((word) => (word === '' ? [] : `#${word}`));
}

/** What parentheses are for shows in the nodes that they make. */
const transparent: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.SyntaxList,
  ts.SyntaxKind.ParenthesizedExpression,
  ts.SyntaxKind.ParenthesizedType,
  ts.SyntaxKind.EmptyStatement,
  ts.SyntaxKind.SemicolonClassElement,
]);

/** Whether a formatter decides if this token is there. `siblings`: the list that it is in. */
function isChosen(token: ts.Node, siblings: readonly ts.Node[]): boolean {
  const { parent } = token;
  switch (token.kind) {
    case ts.SyntaxKind.SemicolonToken:
      return ts.isEmptyStatement(parent) ? isList(parent.parent) : !ts.isForStatement(parent);
    case ts.SyntaxKind.CommaToken: {
      const isLast = siblings.at(-1) === token && siblings.at(-2)?.kind !== ts.SyntaxKind.OmittedExpression;
      return ts.isTypeElement(parent) || isLast;
    }
    case ts.SyntaxKind.BarToken:
    case ts.SyntaxKind.AmpersandToken:
      return (ts.isUnionTypeNode(parent) || ts.isIntersectionTypeNode(parent)) && siblings[0] === token;
    case ts.SyntaxKind.OpenBraceToken:
    case ts.SyntaxKind.CloseBraceToken:
      return isLoneBlock(parent);
    case ts.SyntaxKind.OpenParenToken:
    case ts.SyntaxKind.CloseParenToken:
      if (ts.isArrowFunction(parent)) return parent.parameters.length === 1;
      // `(a?.b).c` is not `a?.b.c`.
      if (ts.isParenthesizedExpression(parent)) return !ts.isOptionalChain(parent.expression);
      return ts.isParenthesizedTypeNode(parent);
    default:
      return false;
  }
}

/**
 * Whether a block is the braces around the only statement of an `if` or a loop. A declaration needs them, and which `if`
 * an `else` belongs to shows in the nodes.
 */
function isLoneBlock(node: ts.Node): boolean {
  if (!ts.isBlock(node) || node.statements.length !== 1) return false;
  const [only] = node.statements;
  const isOwner = ts.isIfStatement(node.parent) || ts.isIterationStatement(node.parent, false);
  return isOwner && only !== undefined && !ts.isDeclarationStatement(only) && !ts.isVariableStatement(only);
}

function isList(node: ts.Node): boolean {
  return ts.isBlock(node) || ts.isSourceFile(node) || ts.isModuleBlock(node);
}

function valueOf(token: ts.Node, source: ts.SourceFile): string {
  if (ts.isStringLiteral(token)) return isKey(token) ? token.text : JSON.stringify(token.text);
  if (ts.isNumericLiteral(token)) return token.text;
  return token.getText(source).replaceAll('\r\n', '\n');
}

function isKey({ parent, text }: ts.StringLiteral): boolean {
  const isMember = ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent);
  return (
    isMember && parent.name !== undefined && ts.isStringLiteral(parent.name) && parent.name.text === text
  );
}

/** A stretch of a text, in UTF-16 offsets. */
type Range = Readonly<{ start: number; end: number }>;

/** A token as it is compared, and where it is. */
type Word = Range & Readonly<{ text: string }>;

/** Where a fragment of code is in a file, and its tokens. */
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
