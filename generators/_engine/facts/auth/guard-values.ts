import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { type FunctionNode, isFunctionNode, memberOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { findDeclaration } from '../../syntax/symbols.ts';
import { ts } from '../../syntax/tree.ts';

/** A request as a guard sees it: of another service, without a token and without cookies. */
export interface GuardedRequest {
  readonly method: string;
  readonly url: string;
  /** The route's `config`, which may opt out. */
  readonly config: Readonly<Record<string, boolean>>;
}

/** What an expression of a hook is for that request; undefined: not known. */
export type Known =
  | Readonly<{ kind: 'text'; text: string }>
  | Readonly<{ kind: 'flag'; flag: boolean }>
  | Readonly<{ kind: 'none' }>
  | Readonly<{ kind: 'list'; items: readonly Known[] }>
  | Readonly<{ kind: 'pattern'; pattern: RegExp }>
  | Readonly<{ kind: 'request' | 'reply' | 'done' | 'route' | 'config' | 'headers' }>
  | undefined;

/** One call of a function: its file, what its parameters are, and how the functions that it calls are run. */
export interface Frame {
  readonly survey: Survey;
  readonly file: RelPath;
  readonly request: GuardedRequest;
  readonly given: ReadonlyMap<ts.Node, Known>;
  readonly depth: number;
  /** Members of the route's `config` that were asked for. */
  readonly asked: Set<string>;
  /** What a function returns with these arguments. */
  readonly call: (node: FunctionNode, given: readonly Known[], frame: Frame) => Known;
}

const none: Known = { kind: 'none' };
const text = (value: string): Known => ({ kind: 'text', text: value });
const flag = (value: boolean): Known => ({ kind: 'flag', flag: value });
/** Headers that a service may well send. */
const sent =
  /^(?:host|accept|content-type|content-length|user-agent|x-service-secret|x-correlation-id|traceparent)$/i;

/** Whether it counts as true; undefined: not known. */
export function truthOf(value: Known): boolean | undefined {
  if (value === undefined) return undefined;
  if (value.kind === 'flag') return value.flag;
  if (value.kind === 'text') return value.text !== '';
  return value.kind !== 'none';
}

export function evaluate(expression: ts.Expression, frame: Frame): Known {
  const bare = unwrap(expression);
  if (ts.isStringLiteralLike(bare)) return text(bare.text);
  if (ts.isNumericLiteral(bare)) return text(bare.text);
  if (bare.kind === ts.SyntaxKind.TrueKeyword) return flag(true);
  if (bare.kind === ts.SyntaxKind.FalseKeyword) return flag(false);
  if (bare.kind === ts.SyntaxKind.NullKeyword) return none;
  if (ts.isRegularExpressionLiteral(bare)) return patternOf(bare.text);
  if (ts.isIdentifier(bare)) return named(bare, frame);
  if (ts.isArrayLiteralExpression(bare)) return listOf(bare, frame);
  if (ts.isNewExpression(bare)) return made(bare, frame);
  if (ts.isPrefixUnaryExpression(bare)) {
    if (bare.operator === ts.SyntaxKind.MinusToken) return text(bare.getText());
    const truth =
      bare.operator === ts.SyntaxKind.ExclamationToken ? truthOf(evaluate(bare.operand, frame)) : undefined;
    return truth === undefined ? undefined : flag(!truth);
  }
  if (ts.isBinaryExpression(bare)) return combined(bare, frame);
  if (ts.isConditionalExpression(bare)) {
    const truth = truthOf(evaluate(bare.condition, frame));
    return truth === undefined ? undefined : evaluate(truth ? bare.whenTrue : bare.whenFalse, frame);
  }
  if (ts.isCallExpression(bare)) return called(bare, frame);
  return member(bare, frame);
}

/** A pattern of a repository is run on one short URL: only one that cannot go back and forth. */
function patternOf(source: string): Known {
  const [, body, flags] = /^\/(.*)\/([a-z]*)$/s.exec(source) ?? [];
  if (body === undefined || body.length > 300 || /\)[*+{]|\\[1-9]/.test(body)) return undefined;
  if ((body.match(/[*+]/g) ?? []).length > 3) return undefined;
  try {
    return { kind: 'pattern', pattern: new RegExp(body, (flags ?? '').replace(/[gy]/g, '')) };
  } catch {
    return undefined;
  }
}

function named(name: ts.Identifier, frame: Frame): Known {
  if (name.text === 'undefined') return none;
  const declared = findDeclaration(name, name.text);
  if (declared !== undefined && frame.given.has(declared)) return frame.given.get(declared);
  if (frame.depth > 12) return undefined;
  const deeper = { ...frame, depth: frame.depth + 1 };
  if (declared !== undefined && ts.isBindingElement(declared)) return bound(declared, deeper);
  if (declared !== undefined && ts.isVariableDeclaration(declared)) {
    const isConst = (declared.parent.flags & ts.NodeFlags.Const) !== 0;
    return isConst && declared.initializer !== undefined ? evaluate(declared.initializer, deeper) : undefined;
  }
  const found = frame.survey.names.value(name, frame.file);
  return found !== undefined && found.node !== name && ts.isExpression(found.node)
    ? evaluate(found.node, { ...deeper, file: found.file })
    : undefined;
}

/** `const { url } = request` */
function bound({ name, parent, propertyName }: ts.BindingElement, frame: Frame): Known {
  const holder = parent.parent;
  const key = propertyName ?? name;
  if (!ts.isIdentifier(key) || !ts.isObjectBindingPattern(parent)) return undefined;
  const whole = ts.isVariableDeclaration(holder)
    ? holder.initializer && evaluate(holder.initializer, frame)
    : ts.isParameter(holder)
      ? frame.given.get(holder)
      : undefined;
  return memberIn(whole, key.text, frame);
}

function listOf({ elements }: ts.ArrayLiteralExpression, frame: Frame): Known {
  const items: Known[] = [];
  for (const element of elements) {
    const value = evaluate(ts.isSpreadElement(element) ? element.expression : element, frame);
    if (!ts.isSpreadElement(element)) items.push(value);
    else if (value?.kind === 'list') items.push(...value.items);
    else items.push(undefined);
  }
  return { kind: 'list', items };
}

/** `new Set(['/health'])`, `new URL(request.url, base)`. */
function made({ arguments: given, expression }: ts.NewExpression, frame: Frame): Known {
  const [first] = given ?? [];
  const name = expression.getText();
  if (name === 'RegExp') return undefined;
  return first !== undefined && (name === 'Set' || name === 'URL') ? evaluate(first, frame) : undefined;
}

function combined({ left, operatorToken, right }: ts.BinaryExpression, frame: Frame): Known {
  const first = evaluate(left, frame);
  const truth = truthOf(first);
  switch (operatorToken.kind) {
    case ts.SyntaxKind.AmpersandAmpersandToken: {
      if (truth === false) return first;
      const second = evaluate(right, frame);
      return truth === true || truthOf(second) === false ? second : undefined;
    }
    case ts.SyntaxKind.BarBarToken: {
      if (truth === true) return first;
      const second = evaluate(right, frame);
      return truth === false || truthOf(second) === true ? second : undefined;
    }
    case ts.SyntaxKind.QuestionQuestionToken:
      if (first === undefined) return undefined;
      return first.kind === 'none' ? evaluate(right, frame) : first;
    case ts.SyntaxKind.EqualsEqualsToken:
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
      return same(first, evaluate(right, frame));
    case ts.SyntaxKind.ExclamationEqualsToken:
    case ts.SyntaxKind.ExclamationEqualsEqualsToken: {
      const equal = truthOf(same(first, evaluate(right, frame)));
      return equal === undefined ? undefined : flag(!equal);
    }
    case ts.SyntaxKind.GreaterThanToken:
      return compared(first, evaluate(right, frame), (a, b) => a > b);
    case ts.SyntaxKind.GreaterThanEqualsToken:
      return compared(first, evaluate(right, frame), (a, b) => a >= b);
    default:
      return undefined;
  }
}

/** `open.indexOf(url) > -1` */
function compared(a: Known, b: Known, compare: (a: number, b: number) => boolean): Known {
  if (a?.kind !== 'text' || b?.kind !== 'text') return undefined;
  return flag(compare(Number(a.text), Number(b.text)));
}

function same(a: Known, b: Known): Known {
  if (a === undefined || b === undefined) return undefined;
  if (a.kind === 'text' && b.kind === 'text') return flag(a.text === b.text);
  if (a.kind === 'flag' && b.kind === 'flag') return flag(a.flag === b.flag);
  return a.kind === b.kind && a.kind !== 'none' ? undefined : flag(a.kind === b.kind);
}

function member(bare: ts.Expression, frame: Frame): Known {
  const receiver = receiverOf(bare);
  if (receiver === undefined) return undefined;
  const owner = evaluate(receiver, frame);
  const key = memberOf(bare);
  if (owner?.kind === 'list' && ts.isElementAccessExpression(bare)) {
    const index = Number(bare.argumentExpression.getText());
    return Number.isInteger(index) ? (owner.items[index] ?? none) : undefined;
  }
  if (key === undefined) return undefined;
  if (owner !== undefined) return memberIn(owner, key, frame);
  const found = frame.survey.names.value(bare, frame.file);
  const isElsewhere = found !== undefined && found.node !== bare && ts.isExpression(found.node);
  return isElsewhere && frame.depth < 12
    ? evaluate(found.node, { ...frame, file: found.file, depth: frame.depth + 1 })
    : undefined;
}

function memberIn(owner: Known, key: string, { asked, request }: Frame): Known {
  if (owner?.kind === 'none') return none;
  if (owner?.kind === 'text') return /^(?:pathname|href)$/.test(key) ? owner : undefined;
  if (owner?.kind === 'headers') return sent.test(key) ? undefined : none;
  if (owner?.kind === 'config') {
    asked.add(key);
    const set = Object.hasOwn(request.config, key) ? request.config[key] : undefined;
    return set === undefined ? none : flag(set);
  }
  if (owner?.kind !== 'request' && owner?.kind !== 'route') return undefined;
  if (/^(?:url|originalUrl|routerPath|routePath)$/.test(key)) return text(request.url);
  if (key === 'method') return text(request.method);
  if (key === 'config' || key === 'routeConfig') return { kind: 'config' };
  if (owner.kind === 'route') return undefined;
  if (key === 'raw' || key === 'req') return owner;
  if (key === 'routeOptions' || key === 'context') return { kind: 'route' };
  if (key === 'headers' || key === 'cookies') return { kind: 'headers' };
  return key === 'user' || key === 'session' ? none : undefined;
}

function called(call: ts.CallExpression, frame: Frame): Known {
  const name = memberOf(call.expression);
  const receiver = receiverOf(call.expression);
  const given = call.arguments.map((one) => (isFunctionNode(one) ? undefined : evaluate(one, frame)));
  if (name !== undefined && receiver !== undefined) {
    const found = ofMethod(evaluate(receiver, frame), name, given, call, frame);
    if (found !== undefined) return found;
  }
  if (/^(?:String|Boolean|decodeURI|decodeURIComponent)$/.test(call.expression.getText())) return given[0];
  const target = frame.survey.names.value(call.expression, frame.file);
  return target !== undefined && isFunctionNode(target.node)
    ? frame.call(target.node, given, { ...frame, file: target.file })
    : undefined;
}

function ofMethod(
  owner: Known,
  name: string,
  [first, second]: readonly Known[],
  call: ts.CallExpression,
  frame: Frame,
): Known {
  if (owner === undefined) return undefined;
  if (owner.kind === 'none') return none;
  if (owner.kind === 'list') return ofList(owner.items, name, first, call, frame);
  if (owner.kind === 'pattern')
    return name === 'test' && first?.kind === 'text' ? flag(owner.pattern.test(first.text)) : undefined;
  if (owner.kind !== 'text') return undefined;
  const own = owner.text;
  if (first?.kind === 'pattern') return name === 'match' ? flag(first.pattern.test(own)) : undefined;
  if (/^(?:toLowerCase|toUpperCase|trim)$/.test(name))
    return text(
      name === 'toLowerCase' ? own.toLowerCase() : name === 'trim' ? own.trim() : own.toUpperCase(),
    );
  if (first?.kind !== 'text') return name === 'toString' ? owner : undefined;
  if (name === 'startsWith') return flag(own.startsWith(first.text));
  if (name === 'endsWith') return flag(own.endsWith(first.text));
  if (name === 'includes') return flag(own.includes(first.text));
  if (name === 'replace' && second?.kind === 'text') return text(own.replace(first.text, () => second.text));
  if (name === 'indexOf') return text(String(own.indexOf(first.text)));
  return name === 'split' ? { kind: 'list', items: own.split(first.text).map(text) } : undefined;
}

function ofList(
  items: readonly Known[],
  name: string,
  first: Known,
  call: ts.CallExpression,
  frame: Frame,
): Known {
  if (name === 'includes' || name === 'has') return any(items.map((item) => truthOf(same(item, first))));
  if (name === 'indexOf') {
    const index = items.findIndex((item) => truthOf(same(item, first)) === true);
    return index >= 0 || items.every((item) => item !== undefined) ? text(String(index)) : undefined;
  }
  if (name === 'at' || name === 'shift') return items[0];
  if (name !== 'some' && name !== 'every' && name !== 'find') return undefined;
  const [given] = call.arguments;
  const test = given === undefined ? undefined : frame.survey.names.value(given, frame.file)?.node;
  if (test === undefined || !isFunctionNode(test)) return undefined;
  const truths = items.map((item) => truthOf(frame.call(test, [item], frame)));
  if (name !== 'every') return any(truths);
  const some = truthOf(any(truths.map((one) => (one === undefined ? undefined : !one))));
  return some === undefined ? undefined : flag(!some);
}

function any(truths: readonly (boolean | undefined)[]): Known {
  if (truths.includes(true)) return flag(true);
  return truths.includes(undefined) ? undefined : flag(false);
}
