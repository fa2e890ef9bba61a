import type { CheckedProgram } from '../../program/checked-program.ts';
import { type FunctionNode, isFunctionNode, memberOf, unwrap } from '../../syntax/expressions.ts';
import { ts } from '../../syntax/tree.ts';
import type { SchemaValues } from './schema-values.ts';

/** The functions that handlers are. */
export class RouteFunctions {
  readonly #program: CheckedProgram;
  readonly #values: SchemaValues;

  constructor(program: CheckedProgram, values: SchemaValues) {
    this.#program = program;
    this.#values = values;
  }

  /** Also a method of an object or a class, one that a factory has made, and one that the only class of an interface has. */
  functionOf(handler: ts.Expression): FunctionNode | undefined {
    const { checker } = this.#program;
    const bare = this.#values.resolve(handler);
    if (isFunctionNode(bare)) return bare;
    if (
      ts.isCallExpression(bare) &&
      memberOf(bare.expression) === 'bind' &&
      ts.isPropertyAccessExpression(bare.expression)
    )
      return this.functionOf(bare.expression.expression);
    const symbol = checker.getSymbolAtLocation(ts.isPropertyAccessExpression(bare) ? bare.name : bare);
    const real =
      symbol && (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
    const [signature] = checker.getTypeAtLocation(bare).getCallSignatures();
    return (
      withBody(real?.valueDeclaration) ??
      withBody(signature?.declaration) ??
      (real && this.#implemented(real))
    );
  }

  /** The method behind one of an interface, or an abstract one, where one class alone has it. */
  #implemented(member: ts.Symbol): FunctionNode | undefined {
    const { checker, files } = this.#program;
    const isMember = (member.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Property)) !== 0;
    const [declared] = isMember ? (member.declarations ?? []) : [];
    const owner = declared && checker.getTypeAtLocation(declared.parent).getSymbol();
    if (owner === undefined) return undefined;
    const isOwner = (type: ts.Node): boolean => checker.getTypeAtLocation(type).getSymbol() === owner;
    const classes = files
      .flatMap(({ statements }) => statements.filter(ts.isClassDeclaration))
      .filter(({ heritageClauses: clauses = [] }) => clauses.some(({ types }) => types.some(isOwner)));
    const methods = classes.flatMap((one) => {
      const own = checker.getTypeAtLocation(one).getProperty(member.name);
      return withBody(own?.valueDeclaration) ?? [];
    });
    return methods.length === 1 ? methods[0] : undefined;
  }
}

function withBody(node: ts.Node | undefined): FunctionNode | undefined {
  if (node === undefined) return undefined;
  if (isFunctionNode(node)) return node.body === undefined ? undefined : node;
  const value = ts.isPropertyDeclaration(node) && node.initializer ? unwrap(node.initializer) : undefined;
  return value !== undefined && isFunctionNode(value) ? value : undefined;
}
