import { unneeded } from '../_engine/edit/unneeded.ts';
import type { Issued } from '../_engine/facts/auth/jwt-issued.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { TextChange } from '../_engine/model/text-change.ts';
import { instanceAt, Left, sameNode, soleDeclaration, usesOf } from '../_engine/program/call-scope.ts';
import { type CheckedProgram, openChecked } from '../_engine/program/checked-program.ts';
import type { Survey } from '../_engine/program/survey.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { tokensOf } from '../_engine/syntax/tokens.ts';
import { pickNodes, ts } from '../_engine/syntax/tree.ts';
import { isOurs, type PlainSign, readPlainSign } from './plain-sign.ts';
import type { SigningKeys } from './view.ts';

/** A sign call that becomes `app.signToken(claims, lifetimeS)`, in the tree of the checker. */
export interface MovedCall {
  readonly path: RelPath;
  readonly node: ts.Node;
  readonly text: string;
  /** The code that the new call does without. */
  readonly goes: readonly ts.Node[];
}

/** Undefined where the new call would not sign the same claims, or could not be made at that place. */
export function movedCall(survey: Survey, login: Issued, keys: SigningKeys): MovedCall | undefined {
  const { path } = login.sign;
  const plain = isSame(login, keys) ? readPlainSign(survey, login.sign) : undefined;
  const isComment = ({ text }: { readonly text: string }): boolean => /^\/[/*]/.test(text);
  if (plain === undefined || tokensOf(plain.node).some(isComment)) return undefined;
  const checked = openChecked(survey);
  const tree = checked.file(path);
  if (tree === undefined) return undefined;
  try {
    const node = sameNode(tree, plain.node);
    const instance = plain.instance ?? instanceAt(checked, node);
    const goes = withConstants(
      checked,
      plain.goes.map((one) => sameNode(tree, one)),
    );
    if (goes === undefined) return undefined;
    return { path, node, goes, text: `${instance}.signToken(${claimsOf(plain)}, ${plain.lifetime})` };
  } catch (error) {
    if (error instanceof Left) return undefined;
    throw error;
  }
}

/** By offsets of the survey: before anything else changes these files. */
export function moveSignCalls(draft: Draft, survey: Survey, moved: readonly MovedCall[]): void {
  for (const path of new Set(moved.map((call) => call.path))) {
    const own = moved.filter((call) => call.path === path);
    const calls = own.map(({ node, text }) => change(node.getStart(), node.end, text));
    const rest = unneeded(
      openChecked(survey),
      own.flatMap(({ goes }) => goes),
    );
    draft.patch(path, 'registration', () => withoutOverlaps([...calls, ...rest]));
  }
}

function change(start: number, end: number, text: string): TextChange {
  return { start, end, text, rewrites: true };
}

/** Of two statements that go, one after the other, the first one's change ends with the first token of the second. */
function withoutOverlaps(changes: readonly TextChange[]): readonly TextChange[] {
  const joined: TextChange[] = [];
  for (const next of [...changes].sort((a, b) => a.start - b.start)) {
    const last = joined[joined.length - 1];
    if (last === undefined || last.end <= next.start) joined.push(next);
    else joined[joined.length - 1] = change(last.start, next.end, next.text);
  }
  return joined;
}

/** Every claim is known; none is one that `signToken` sets, and issuer and audience are those of the keys. */
function isSame({ shape }: Issued, { audience, issuer }: SigningKeys): boolean {
  const isSet = ['exp', 'iat'].some((claim) => shape.claims.has(claim) || shape.possible.has(claim));
  return !shape.open && !isSet && isOurs(shape, 'iss', issuer) && isOurs(shape, 'aud', audience);
}

/** The payload, and the claims that were options. */
function claimsOf({ more, payload }: PlainSign): string {
  const text = payload.getText();
  if (more.length === 0) return text;
  const members = more.map(([claim, value]) => `${claim}: ${value.getText()}`).join(', ');
  if (!ts.isObjectLiteralExpression(payload)) return `{ ...${text}, ${members} }`;
  const own = payload.properties.map((one) => one.getText());
  return `{ ${[...own, members].join(', ')} }`;
}

/**
 * With the values of the constants that nothing else needs. Undefined where something would be left that is declared and not
 * used, which many compilers and linters refuse.
 */
function withConstants(checked: CheckedProgram, goes: readonly ts.Node[]): readonly ts.Node[] | undefined {
  const names = goes.flatMap((code) =>
    pickNodes(code, (node) => (ts.isIdentifier(node) && !isMember(node) ? node : undefined)),
  );
  const isInside = (use: ts.Node): boolean => goes.some(({ end, pos }) => pos <= use.pos && use.end <= end);
  const more: ts.Node[] = [];
  for (const name of names) {
    const [declaration] = checked.checker.getSymbolAtLocation(name)?.declarations ?? [];
    const isOwn = declaration?.getSourceFile() === name.getSourceFile();
    if (!isOwn || !usesOf(checked, name).every(isInside)) continue;
    const sole = soleDeclaration(checked, name, goes);
    if (sole === undefined) return undefined;
    const value = ts.isVariableDeclaration(sole) ? sole.initializer : undefined;
    if (value !== undefined && !isInside(value)) more.push(value);
  }
  return more.length === 0 ? goes : withConstants(checked, [...goes, ...more]);
}

/** `b` of `a.b`, and the name of a member of an object. */
function isMember(node: ts.Identifier): boolean {
  const { parent } = node;
  return (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node;
}
