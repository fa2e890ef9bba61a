import type { RelPath } from '../model/paths.ts';
import { envNameOf, isProcessEnv, keyOf, memberOf, receiverOf, unwrap } from '../syntax/expressions.ts';
import { findNode, spend, ts } from '../syntax/tree.ts';
import type { Definition, Definitions } from './definitions.ts';

/** Why the value of an expression is not known. */
type Reason = 'package' | 'parameter' | 'call' | 'reassigned' | 'circular' | 'too long' | 'not constant';

/**
 * What an expression is for certain. Elements and properties are expressions still: they are evaluated when they are
 * asked for.
 */
export type Value =
  | Readonly<{ kind: 'text'; text: string }>
  | Readonly<{ kind: 'number'; number: number }>
  | Readonly<{ kind: 'boolean'; boolean: boolean }>
  | Readonly<{ kind: 'nothing' }>
  | Readonly<{ kind: 'array'; elements: readonly Part[] }>
  /** `isOpen`: it may have more properties, or others, than those that are known. */
  | Readonly<{ kind: 'object'; properties: ReadonlyMap<string, Part>; isOpen: boolean }>
  | Readonly<{ kind: 'function' | 'class' | 'module'; definition: Definition }>
  | Readonly<{ kind: 'env'; name: string; fallback?: Value }>
  | Readonly<{ kind: 'unknown'; reason: Reason }>;

/** An expression and the file that it is in. */
export interface Part {
  readonly expression: ts.Expression;
  readonly file: RelPath;
}

const unknown = (reason: Reason): Value => ({ kind: 'unknown', reason });
const text = (value: string): Value =>
  value.length > maxChars ? unknown('too long') : { kind: 'text', text: value };

/** Longer than any path or name: strings that are added to themselves grow without end. */
const maxChars = 10_000;
/** Definitions that lead to definitions: a longer chain counts as a circle. */
const maxDepth = 40;
const steps = 20;

/** Evaluates expressions of one program by syntax alone; nothing is executed. Each node is evaluated once. */
export class Evaluator {
  readonly #definitions: Definitions;
  readonly #known = new Map<ts.Node, Value>();
  #depth = 0;

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /** @throws RefusalError E_TOO_COMPLEX */
  valueOf(expression: ts.Expression, file: RelPath): Value {
    const bare = unwrap(expression);
    const known = this.#known.get(bare);
    if (known !== undefined) return known;
    if (this.#depth > maxDepth) return unknown('circular');
    spend(steps, () => file);
    this.#known.set(bare, unknown('circular'));
    this.#depth += 1;
    try {
      const value = this.#literal(bare) ?? this.#composed(bare, file) ?? this.#looked(bare, file);
      this.#known.set(bare, value);
      return value;
    } finally {
      this.#depth -= 1;
    }
  }

  #literal(bare: ts.Expression): Value | undefined {
    if (ts.isStringLiteralLike(bare)) return text(bare.text);
    if (ts.isNumericLiteral(bare)) return { kind: 'number', number: Number(bare.text) };
    if (bare.kind === ts.SyntaxKind.TrueKeyword) return { kind: 'boolean', boolean: true };
    if (bare.kind === ts.SyntaxKind.FalseKeyword) return { kind: 'boolean', boolean: false };
    if (bare.kind === ts.SyntaxKind.NullKeyword) return { kind: 'nothing' };
    const isUndefined = ts.isIdentifier(bare) && bare.text === 'undefined';
    return isUndefined ? { kind: 'nothing' } : undefined;
  }

  #composed(bare: ts.Expression, file: RelPath): Value | undefined {
    const env = envNameOf(bare);
    if (env !== undefined) return { kind: 'env', name: env };
    if (ts.isTemplateExpression(bare)) return this.#template(bare, file);
    if (ts.isBinaryExpression(bare)) return this.#binary(bare, file);
    if (ts.isConditionalExpression(bare)) return this.#either(bare.whenTrue, bare.whenFalse, file);
    if (ts.isPrefixUnaryExpression(bare)) return this.#signed(bare, file);
    if (ts.isArrayLiteralExpression(bare)) return this.#array(bare, file);
    if (ts.isObjectLiteralExpression(bare)) return this.#object(bare, file);
    if (ts.isCallExpression(bare)) return this.#call(bare, file);
    return undefined;
  }

  #looked(bare: ts.Expression, file: RelPath): Value {
    const member = this.#member(bare, file);
    if (member !== undefined) return member;
    const isName = ts.isIdentifier(bare);
    const definition = isName
      ? this.#definitions.definitionOf(bare, file)
      : this.#definitions.value(bare, file);
    if (definition === undefined) return unknown('package');
    if (definition.node !== bare) return this.#ofDefinition(definition);
    if (ts.isFunctionLike(bare)) return { kind: 'function', definition };
    return ts.isClassLike(bare) ? { kind: 'class', definition } : unknown('not constant');
  }

  /** `options.prefix`, where `options` is a literal, with or without spreads. */
  #member(bare: ts.Expression, file: RelPath): Value | undefined {
    const receiver = receiverOf(bare);
    const key = memberOf(bare);
    if (receiver === undefined || key === undefined || receiver.kind === ts.SyntaxKind.ThisKeyword)
      return undefined;
    const object = this.valueOf(receiver, file);
    if (object.kind !== 'object') return undefined;
    const part = object.properties.get(key);
    return part === undefined ? unknown('not constant') : this.valueOf(part.expression, part.file);
  }

  #ofDefinition(definition: Definition): Value {
    const { file, node } = definition;
    if (ts.isSourceFile(node)) return { kind: 'module', definition };
    if (ts.isClassLike(node)) return { kind: 'class', definition };
    if (ts.isFunctionLike(node)) return { kind: 'function', definition };
    if (ts.isParameter(node)) return unknown('parameter');
    if (ts.isBindingElement(node)) return this.#bound(node, file);
    if (ts.isEnumMember(node)) return enumNumber(node);
    if (ts.isExpression(node)) return this.valueOf(node, file);
    if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return unknown('not constant');
    return isReassigned(node) ? unknown('reassigned') : this.valueOf(node.initializer, file);
  }

  /** `const { PORT = '3000' } = process.env`, `const { prefix } = options`. */
  #bound(
    { dotDotDotToken, initializer, name, parent, propertyName }: ts.BindingElement,
    file: RelPath,
  ): Value {
    const holder = parent.parent;
    const key = propertyName ?? name;
    if (dotDotDotToken !== undefined || !ts.isVariableDeclaration(holder) || !ts.isIdentifier(key))
      return unknown(ts.isParameter(holder) ? 'parameter' : 'not constant');
    if (holder.initializer === undefined || !ts.isObjectBindingPattern(parent))
      return unknown('not constant');
    if (isProcessEnv(unwrap(holder.initializer))) {
      const fallback = initializer && this.valueOf(initializer, file);
      return { kind: 'env', name: key.text, ...(fallback !== undefined && { fallback }) };
    }
    const object = this.valueOf(holder.initializer, file);
    if (object.kind !== 'object') return object.kind === 'unknown' ? object : unknown('not constant');
    const part = object.properties.get(key.text);
    if (part !== undefined) return this.valueOf(part.expression, part.file);
    return initializer === undefined || object.isOpen
      ? unknown('not constant')
      : this.valueOf(initializer, file);
  }

  #template({ head, templateSpans }: ts.TemplateExpression, file: RelPath): Value {
    let whole = head.text;
    for (const { expression, literal } of templateSpans) {
      const hole = textIn(this.valueOf(expression, file));
      if (hole === undefined) return unknown('not constant');
      whole += hole + literal.text;
      if (whole.length > maxChars) return unknown('too long');
    }
    return text(whole);
  }

  #binary({ left, operatorToken, right }: ts.BinaryExpression, file: RelPath): Value {
    const first = this.valueOf(left, file);
    const isOr = operatorToken.kind === ts.SyntaxKind.BarBarToken;
    if (isOr || operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
      if (first.kind === 'env' && first.fallback === undefined)
        return { ...first, fallback: this.valueOf(right, file) };
      if (first.kind === 'nothing' || (isOr && isFalsy(first))) return this.valueOf(right, file);
      return first;
    }
    if (operatorToken.kind !== ts.SyntaxKind.PlusToken) return unknown('not constant');
    const second = this.valueOf(right, file);
    if (first.kind === 'number' && second.kind === 'number')
      return { kind: 'number', number: first.number + second.number };
    const [start, end] = [textIn(first), textIn(second)];
    return start === undefined || end === undefined ? unknown('not constant') : text(start + end);
  }

  /** A condition is not followed: what both branches have is known. */
  #either(whenTrue: ts.Expression, whenFalse: ts.Expression, file: RelPath): Value {
    const [one, other] = [this.valueOf(whenTrue, file), this.valueOf(whenFalse, file)];
    const same = textIn(one);
    return same !== undefined && one.kind === other.kind && same === textIn(other)
      ? one
      : unknown('not constant');
  }

  #signed({ operand, operator }: ts.PrefixUnaryExpression, file: RelPath): Value {
    const value = this.valueOf(operand, file);
    const isMinus = operator === ts.SyntaxKind.MinusToken;
    return isMinus && value.kind === 'number'
      ? { kind: 'number', number: -value.number }
      : unknown('not constant');
  }

  #array({ elements }: ts.ArrayLiteralExpression, file: RelPath): Value {
    const parts: Part[] = [];
    for (const expression of elements) {
      if (!ts.isSpreadElement(expression)) parts.push({ expression, file });
      else {
        const spread = this.valueOf(expression.expression, file);
        if (spread.kind !== 'array') return unknown('not constant');
        parts.push(...spread.elements);
      }
      if (parts.length > maxChars) return unknown('too long');
    }
    return { kind: 'array', elements: parts };
  }

  #object({ properties: members }: ts.ObjectLiteralExpression, file: RelPath): Value {
    const properties = new Map<string, Part>();
    let isOpen = false;
    for (const member of members) {
      const key = member.name === undefined ? undefined : keyOf(member.name);
      if (ts.isSpreadAssignment(member)) {
        const spread = this.valueOf(member.expression, file);
        // What is not known may replace each property before it.
        if (spread.kind !== 'object' || spread.isOpen) properties.clear();
        if (spread.kind === 'object')
          for (const [name, part] of spread.properties) properties.set(name, part);
        isOpen ||= spread.kind !== 'object' || spread.isOpen;
      } else if (key === undefined) isOpen = true;
      else if (ts.isPropertyAssignment(member)) properties.set(key, { expression: member.initializer, file });
      else if (ts.isShorthandPropertyAssignment(member))
        properties.set(key, { expression: member.name, file });
      else isOpen = true;
    }
    return { kind: 'object', properties, isOpen };
  }

  /** `Object.freeze(x)`, and functions of the service that return what does not depend on their arguments. */
  #call({ arguments: [first], expression: callee }: ts.CallExpression, file: RelPath): Value {
    if (first !== undefined && callee.getText() === 'Object.freeze') return this.valueOf(first, file);
    const made = this.#definitions.value(callee, file);
    const returned = made === undefined ? undefined : returnedBy(made.node);
    return made === undefined || returned === undefined
      ? unknown(made === undefined ? 'package' : 'call')
      : this.valueOf(returned, made.file);
  }
}

/** The text that a value has in a template. */
export function textIn(value: Value): string | undefined {
  if (value.kind === 'text') return value.text;
  if (value.kind === 'number') return String(value.number);
  return value.kind === 'boolean' ? String(value.boolean) : undefined;
}

function isFalsy(value: Value): boolean {
  const found = textIn(value);
  return found === '' || found === '0' || (value.kind === 'boolean' && !value.boolean);
}

/** The one expression that a function of one statement returns; a generator and an async function return something else. */
function returnedBy(node: ts.Node): ts.Expression | undefined {
  if (!ts.isFunctionDeclaration(node) && !ts.isArrowFunction(node) && !ts.isFunctionExpression(node))
    return undefined;
  const { asteriskToken, body } = node;
  if (body === undefined || asteriskToken !== undefined) return undefined;
  if (!ts.isBlock(body)) return body;
  const [only, ...more] = body.statements;
  return only !== undefined && more.length === 0 && ts.isReturnStatement(only) ? only.expression : undefined;
}

/** `enum Port { User = 3000, Billing }`: 3001. */
function enumNumber(member: ts.EnumMember): Value {
  const { members } = member.parent;
  const index = members.indexOf(member);
  const [set] = members
    .slice(0, index)
    .filter(({ initializer }) => initializer !== undefined)
    .slice(-1);
  if (set === undefined) return { kind: 'number', number: index };
  const start = set.initializer !== undefined && ts.isNumericLiteral(set.initializer);
  return start
    ? { kind: 'number', number: Number(set.initializer.getText()) + index - members.indexOf(set) }
    : unknown('not constant');
}

/** Whether a variable is assigned again in its file, so that its initializer is not its value for certain. */
function isReassigned(declaration: ts.VariableDeclaration): boolean {
  if ((declaration.parent.flags & ts.NodeFlags.Const) !== 0 || !ts.isIdentifier(declaration.name))
    return false;
  const { text: name } = declaration.name;
  const found = findNode(declaration.getSourceFile(), (node) => {
    const isSet =
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
      node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
    return isSet && ts.isIdentifier(node.left) && node.left.text === name;
  });
  return found !== undefined;
}
