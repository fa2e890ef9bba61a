import { callsIn } from '../../syntax/calls.ts';
import { keyOf, unwrap } from '../../syntax/expressions.ts';
import { ts } from '../../syntax/tree.ts';
import type { CheckedProgram } from '../../program/checked-program.ts';
import type { JsonTypes } from './json-of-type.ts';
import { isJson, KnownShape } from './json-schema.ts';
import { unknownShape } from './shape.ts';

const maxDepth = 30;

/** The values that expressions have by the code alone, as far as schemas need them. */
export class SchemaValues {
  readonly #program: CheckedProgram;
  readonly #types: JsonTypes;
  #added: ReadonlyMap<string, unknown> | undefined;

  constructor(program: CheckedProgram, types: JsonTypes) {
    this.#program = program;
    this.#types = types;
  }

  /** The expression that another one stands for: through names, imports and members of literals. */
  resolve(expression: ts.Expression, depth = 0): ts.Expression {
    const bare = unwrap(expression);
    if (depth > maxDepth || !(ts.isIdentifier(bare) || ts.isPropertyAccessExpression(bare))) return bare;
    const found = this.#declared(ts.isIdentifier(bare) ? bare : bare.name);
    return found === undefined ? bare : this.resolve(found, depth + 1);
  }

  #declared(name: ts.Identifier | ts.MemberName): ts.Expression | undefined {
    const { checker } = this.#program;
    const symbol = checker.getSymbolAtLocation(name);
    const real =
      symbol && (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
    const declaration = real?.valueDeclaration;
    if (declaration === undefined) return undefined;
    if (ts.isVariableDeclaration(declaration) || ts.isPropertyAssignment(declaration))
      return declaration.initializer;
    return ts.isShorthandPropertyAssignment(declaration) ? this.#ofShorthand(declaration) : undefined;
  }

  #ofShorthand(declaration: ts.ShorthandPropertyAssignment): ts.Expression | undefined {
    const value = this.#program.checker.getShorthandAssignmentValueSymbol(declaration)?.valueDeclaration;
    return value !== undefined && ts.isVariableDeclaration(value) ? value.initializer : declaration.name;
  }

  /** The value of a member of an object literal that an expression stands for; a later member wins. */
  member(expression: ts.Expression | undefined, name: string): ts.Expression | undefined {
    const object = expression && this.resolve(expression);
    if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
    let found: ts.Expression | undefined;
    for (const one of object.properties) {
      if (ts.isSpreadAssignment(one)) found = this.member(one.expression, name) ?? found;
      else if (keyOf(one.name) !== name) continue;
      else if (ts.isPropertyAssignment(one)) found = one.initializer;
      else if (ts.isShorthandPropertyAssignment(one)) found = this.#ofShorthand(one);
    }
    return found;
  }

  /** The names of the members of an object literal that an expression stands for. */
  keys(expression: ts.Expression | undefined): readonly string[] {
    const object = expression && this.resolve(expression);
    if (object === undefined || !ts.isObjectLiteralExpression(object)) return [];
    const keys = object.properties.flatMap((one) => {
      if (ts.isSpreadAssignment(one)) return this.keys(one.expression);
      return [keyOf(one.name) ?? ''];
    });
    return [...new Set(keys)].filter((key) => key !== '');
  }

  /** A JSON schema as a value; what a library has built of it is a {@link KnownShape}. `sent`: what a caller sends. */
  schemaOf(expression: ts.Expression, sent: boolean, depth = 0): unknown {
    if (depth > maxDepth) return undefined;
    const built = this.#built(expression, sent);
    if (built !== undefined) return built;
    const value = this.resolve(expression);
    if (ts.isStringLiteralLike(value) || ts.isNumericLiteral(value))
      return ts.isNumericLiteral(value) ? Number(value.text) : value.text;
    if (ts.isArrayLiteralExpression(value))
      return value.elements.map((one) => this.schemaOf(one, sent, depth + 1));
    if (ts.isObjectLiteralExpression(value))
      return Object.fromEntries(
        this.keys(value).map((key) => {
          const member = this.member(value, key);
          return [key, member && this.schemaOf(member, sent, depth + 1)];
        }),
      );
    return primitiveOf(value);
  }

  /** TypeBox has the type of the value in `static`, since 1.0 the schema in its own type; Zod in `_input` and `_output`. */
  #built(expression: ts.Expression, sent: boolean): unknown {
    const bare = unwrap(expression);
    if (ts.isObjectLiteralExpression(bare) || ts.isLiteralExpression(bare)) return undefined;
    const type = this.#program.checker.getTypeAtLocation(bare);
    if (type.getProperty('~kind') ?? type.getProperty('~unsafe')) return this.#schemaIn(type, bare);
    const isZod = type.getProperty('safeParse') !== undefined;
    const typed = isZod
      ? type.getProperty(sent ? '_input' : '_output')
      : type.getProperty('params') && type.getProperty('static');
    return typed && this.#known(typed, bare);
  }

  #known(symbol: ts.Symbol, at: ts.Node): KnownShape {
    return new KnownShape(
      this.#types.shapeOf(this.#program.checker.getTypeOfSymbolAtLocation(symbol, at), at),
    );
  }

  /** The schema whose type says all of it: `{ type: 'array'; items: { type: 'string' } }`. */
  #schemaIn(type: ts.Type, at: ts.Node, depth = 0): unknown {
    const { checker } = this.#program;
    if (depth > maxDepth) return undefined;
    if (type.isStringLiteral() || type.isNumberLiteral()) return type.value;
    if ((type.flags & ts.TypeFlags.BooleanLiteral) !== 0) return checker.typeToString(type) === 'true';
    if (checker.isTupleType(type))
      return checker
        .getTypeArguments(type as ts.TypeReference)
        .map((one) => this.#schemaIn(one, at, depth + 1));
    const unsafe = type.getProperty('~unsafe');
    if (unsafe !== undefined) return this.#known(unsafe, at);
    const members = checker.getPropertiesOfType(type).filter(({ name }) => !name.startsWith('~'));
    return Object.fromEntries(
      members.map((one) => [
        one.name,
        this.#schemaIn(checker.getTypeOfSymbolAtLocation(one, at), at, depth + 1),
      ]),
    );
  }

  /** What `$ref` names beyond a schema: one of those given to `addSchema`. */
  added(id: string): unknown {
    this.#added ??= this.#findAdded();
    return this.#added.get(id);
  }

  #findAdded(): ReadonlyMap<string, unknown> {
    const calls = this.#program.files.flatMap((file) => callsIn(file, 'addSchema'));
    return new Map(
      calls.flatMap(({ arguments: [first] }): readonly (readonly [string, unknown])[] => {
        const schema = first && this.schemaOf(first, false);
        const id = isJson(schema) ? schema['$id'] : undefined;
        return typeof id === 'string' ? [[id.replace(/#$/, ''), schema]] : [];
      }),
    );
  }
}

function primitiveOf(value: ts.Expression): unknown {
  switch (value.kind) {
    case ts.SyntaxKind.TrueKeyword:
      return true;
    case ts.SyntaxKind.FalseKeyword:
      return false;
    case ts.SyntaxKind.NullKeyword:
      return null;
    default:
      return ts.isPrefixUnaryExpression(value)
        ? -Number(value.operand.getText())
        : new KnownShape(unknownShape);
  }
}
