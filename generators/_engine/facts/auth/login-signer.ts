import type { ImportWant } from '../../model/code-facts.ts';
import { exportedWant } from '../../program/outside-reads.ts';
import type { Survey } from '../../program/survey.ts';
import {
  enclosingFunction,
  type FunctionNode,
  memberOf,
  nameOf,
  receiverOf,
  unwrap,
} from '../../syntax/expressions.ts';
import { findDeclaration } from '../../syntax/symbols.ts';
import { ts, walk } from '../../syntax/tree.ts';
import type { Issued } from './jwt-issued.ts';
import type { Sign } from './jwt-signs.ts';
import { memberAt, objectSample, printSample, type Sample, typeSample } from './type-samples.ts';

/** An exported function that signs the tokens of a login, and how a test can call it. */
export interface LoginSigner {
  readonly want: ImportWant;
  /** The name that `want` gives it. */
  readonly name: string;
  /** TypeScript, comma-separated: values of the parameter types; `app` is the Fastify instance. */
  readonly arguments: string;
  /** `app` is among them. */
  readonly takesApp: boolean;
  /** The text that a claim of its tokens has with these arguments; undefined where it cannot be traced. */
  readonly claimText: (path: readonly string[]) => string | undefined;
}

/** The first of the functions that log people in which a test can import and call. */
export function findLoginSigner(survey: Survey, logins: readonly Issued[]): LoginSigner | undefined {
  for (const login of logins) {
    const found = signerOf(survey, login);
    if (found !== undefined) return found;
  }
  return undefined;
}

function signerOf(survey: Survey, login: Issued): LoginSigner | undefined {
  const { sign } = login;
  const owner = enclosingFunction(sign.call);
  const name = owner && nameOf(owner);
  if (owner === undefined || name === undefined || !isTop(owner)) return undefined;
  const want = exportedWant(survey, name, sign.path);
  // Under another name or as the default, what `import()` gives depends on the module system.
  if (want?.names?.[0] !== name || !returnsToken(owner, sign) || readsParameter(owner, sign))
    return undefined;
  const samples = new Map<ts.Node, Sample>();
  for (const parameter of owner.parameters) {
    if (parameter.initializer !== undefined || parameter.questionToken !== undefined) break;
    const sample = parameterSample(survey, login, parameter);
    if (sample === undefined) return undefined;
    samples.set(parameter, sample);
  }
  if (samples.size === 0) return undefined;
  return {
    want,
    name,
    arguments: [...samples.values()].map(printSample).join(', '),
    takesApp: [...samples.values()].some(({ code }) => code === 'app'),
    claimText: (path) => claimText(login, owner, samples, path),
  };
}

/** At the top of its file: what is made anew by another function cannot be imported. */
function isTop(owner: FunctionNode): boolean {
  const { parent } = owner;
  const holder = ts.isVariableDeclaration(parent) ? parent.parent.parent.parent : parent;
  return ts.isSourceFile(holder);
}

/** A secret or an option that is an argument has no value that could be made from its type. */
function readsParameter(owner: FunctionNode, { options, secret }: Sign): boolean {
  const names = owner.parameters.map(({ name }) => name.getText());
  return [secret, options].some((one) => {
    let reads = false;
    if (one !== undefined)
      walk(one, (node) => {
        reads ||= ts.isIdentifier(node) && names.includes(node.text);
        return !reads;
      });
    return reads;
  });
}

/** Every `return` gives the token itself, or a promise of it. */
function returnsToken(owner: FunctionNode, sign: Sign): boolean {
  const { body } = owner;
  if (body === undefined || owner.asteriskToken !== undefined) return false;
  const returned: (ts.Expression | undefined)[] = ts.isBlock(body) ? [] : [body];
  if (ts.isBlock(body))
    walk(body, (node) => {
      if (ts.isFunctionLike(node)) return false;
      if (ts.isReturnStatement(node)) returned.push(node.expression);
      return true;
    });
  return returned.length > 0 && returned.every((one) => one !== undefined && isToken(one, sign));
}

function isToken(value: ts.Expression, sign: Sign): boolean {
  const bare = unwrap(value);
  if (ts.isAwaitExpression(bare)) return isToken(bare.expression, sign);
  const declared = ts.isIdentifier(bare) ? findDeclaration(bare, bare.text) : undefined;
  if (declared !== undefined && ts.isVariableDeclaration(declared))
    return declared.initializer !== undefined && isToken(declared.initializer, sign);
  if (sign.library === 'fast-jwt') return ts.isCallExpression(bare) && unwrap(bare.expression) === sign.call;
  if (sign.library !== 'jose') return bare === sign.call && hasNoCallback(sign);
  const isSigned = ts.isCallExpression(bare) && memberOf(bare.expression) === 'sign';
  return isSigned && chainStart(bare) === sign.call;
}

/** jsonwebtoken and @fastify/jwt return nothing to a caller that waits for a callback. */
function hasNoCallback({ call }: Sign): boolean {
  const given = ts.isCallExpression(call) ? call.arguments : [];
  return !given.some((one) => ts.isArrowFunction(one) || ts.isFunctionExpression(one));
}

function chainStart(call: ts.Expression): ts.Expression {
  const receiver = ts.isCallExpression(call) ? receiverOf(call.expression) : undefined;
  return receiver === undefined ? call : chainStart(unwrap(receiver));
}

function parameterSample(
  survey: Survey,
  login: Issued,
  parameter: ts.ParameterDeclaration,
): Sample | undefined {
  if (parameter.dotDotDotToken !== undefined) return undefined;
  const { type } = parameter;
  if (type !== undefined && /^Fastify(?:Instance|\w*Instance)\b/.test(type.getText())) return { code: 'app' };
  const textOf = (name: string): string | undefined => login.shape.claims.get(name)?.[0];
  const name = ts.isIdentifier(parameter.name) ? parameter.name.text : '';
  const made = type && typeSample({ survey, file: login.sign.path, textOf }, type, name);
  if (made !== undefined) return made;
  // `payload: object`: the callers say what is in it.
  const { payload } = login.sign;
  const isPayload = payload !== undefined && ts.isIdentifier(payload) && payload.text === name;
  const isLoose =
    type === undefined || /^(?:object|any|unknown|Record<.*>|[\w.]*JwtPayload)$/.test(type.getText());
  const names = [...login.shape.claims.keys()];
  return isPayload && isLoose && names.length > 0 ? objectSample(names, textOf) : undefined;
}

function claimText(
  login: Issued,
  owner: FunctionNode,
  samples: ReadonlyMap<ts.Node, Sample>,
  path: readonly string[],
): string | undefined {
  const value = login.values.get(path.join('.'))?.expression;
  const isOwn = value !== undefined && ts.findAncestor(value, (node) => node === owner) !== undefined;
  if (isOwn) return valueOf(value, samples)?.text;
  const given = [...samples.values()].map((sample) => memberAt(sample, path));
  return given.find((one) => one !== undefined)?.text;
}

/** `user.id`, `String(id)`, `id` of `({ id }: User)` or of `const { id } = user`. */
function valueOf(expression: ts.Expression, samples: ReadonlyMap<ts.Node, Sample>): Sample | undefined {
  const bare = unwrap(expression);
  if (ts.isCallExpression(bare)) {
    const [first] = bare.arguments;
    const isString = bare.expression.getText() === 'String' && first !== undefined;
    const inner = isString ? first : memberOf(bare.expression) === 'toString' && receiverOf(bare.expression);
    return inner === false || inner === undefined ? undefined : valueOf(inner, samples);
  }
  const receiver = receiverOf(bare);
  const member = memberOf(bare);
  if (receiver !== undefined && member !== undefined) return memberAt(valueOf(receiver, samples), [member]);
  const declared = ts.isIdentifier(bare) ? findDeclaration(bare, bare.text) : undefined;
  if (declared === undefined) return undefined;
  if (!ts.isBindingElement(declared)) return samples.get(declared);
  const holder = declared.parent.parent;
  const whole =
    ts.isVariableDeclaration(holder) && holder.initializer !== undefined
      ? valueOf(holder.initializer, samples)
      : samples.get(holder);
  return memberAt(whole, [(declared.propertyName ?? declared.name).getText()]);
}
