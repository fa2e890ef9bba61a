import type { RelPath } from '../model/paths.ts';
import { hasModifier, memberOf, propertyOf, receiverOf, stringOf, unwrap } from '../syntax/expressions.ts';
import {
  declarationOf,
  findExport,
  findSymbol,
  importDeclaredBy,
  type Imported,
  requiredModule,
  starExports,
} from '../syntax/symbols.ts';
import { spend, ts } from '../syntax/tree.ts';

/** A declaration or a value's own node (function, class, initializer, …), and the file it is in. */
export interface Definition {
  readonly file: RelPath;
  readonly node: ts.Node;
}

/** Where a program finds the trees of its files. */
export interface Trees {
  tree(path: RelPath): ts.SourceFile;
}

/**
 * One service across its files, by TypeScript's binder and our own resolution of modules: no lib, no types, no packages.
 * A module is the node of its file, so that `import * as routes` has a definition as well.
 */
export interface Definitions {
  /** Where a name is declared: through imports, re-exports and namespaces. Undefined for what a package exports. */
  definitionOf(identifier: ts.Identifier, file: RelPath): Definition | undefined;
  /** What an expression resolves to: follows definitions, initializers, and members of literals, enums and classes. */
  value(expression: ts.Expression, file: RelPath): Definition | undefined;
  /** What a module exports by this name (`default` too). */
  exported(file: RelPath, name: string): Definition | undefined;
  /** The service's own file that a specifier names. */
  module(file: RelPath, specifier: string): RelPath | undefined;
}

/** Longest chain of names that is followed; no hand-written code has one. */
const maxDepth = 40;
/** What a name that is looked up costs, as nodes that are visited. */
const lookUpSteps = 50;

/** The definitions of a service; `resolve` finds a file from a specifier. Binds a file when a name in it is looked up. */
export class ServiceDefinitions implements Definitions {
  readonly module: Definitions['module'];
  readonly #trees: Trees;
  /** They go with the nodes. */
  readonly #values = new WeakMap<ts.Expression, { found: Definition | undefined }>();
  #depth = 0;
  /** How often something was not looked up because it nests too deep: what comes of that holds for that depth alone. */
  #cuts = 0;

  constructor(trees: Trees, resolve: Definitions['module']) {
    this.#trees = trees;
    this.module = resolve;
  }

  definitionOf(identifier: ts.Identifier, file: RelPath, seen = new Set<string>()): Definition | undefined {
    const symbol = findSymbol(identifier, identifier.text);
    return symbol === undefined ? undefined : this.#bounded(file, () => this.#defined(symbol, file, seen));
  }

  value(expression: ts.Expression, file: RelPath): Definition | undefined {
    const bare = unwrap(expression);
    const known = this.#values.get(bare);
    if (known !== undefined) return known.found;
    const cuts = this.#cuts;
    const found = this.#bounded(file, () => this.#look(bare, file));
    if (cuts === this.#cuts) this.#values.set(bare, { found });
    return found;
  }

  #look(bare: ts.Expression, file: RelPath): Definition | undefined {
    if (ts.isIdentifier(bare)) {
      const definition = this.definitionOf(bare, file);
      return definition === undefined ? undefined : this.#valueOf(definition);
    }
    const receiver = receiverOf(bare);
    const member = memberOf(bare);
    if (receiver === undefined || member === undefined) return { file, node: bare };
    return this.#memberValue(receiver, member, file) ?? { file, node: bare };
  }

  exported(file: RelPath, name: string): Definition | undefined {
    const definition = this.#export(file, name, new Set());
    return definition === undefined ? undefined : this.#valueOf(definition);
  }

  /** Undefined for what nests too deep, or leads back to itself. */
  #bounded<T>(file: RelPath, look: () => T | undefined): T | undefined {
    if (this.#depth > maxDepth) {
      this.#cuts += 1;
      return undefined;
    }
    spend(lookUpSteps, () => file);
    this.#depth += 1;
    try {
      return look();
    } finally {
      this.#depth -= 1;
    }
  }

  #defined(symbol: ts.Symbol, file: RelPath, seen: Set<string>): Definition | undefined {
    const node = declarationOf(symbol);
    if (node === undefined) return undefined;
    const imported = importDeclaredBy(node);
    if (imported !== undefined) return this.#imported(file, imported, seen);
    if (ts.isNamespaceExport(node)) return this.#imported(file, fromOf(node.parent, '*'), seen);
    if (ts.isExportSpecifier(node)) return this.#reexported(node, file, seen);
    if (ts.isExportAssignment(node)) return this.#ofExpression(node.expression, file, seen);
    // `module.exports = routes` in JavaScript.
    if (ts.isBinaryExpression(node)) return this.#ofExpression(node.right, file, seen);
    const from = ts.isVariableDeclaration(node) && node.initializer && requiredModule(node.initializer);
    const own = from === undefined || from === false ? undefined : this.module(file, from);
    if (own === undefined || !ts.isIdentifier((node as ts.VariableDeclaration).name)) return { file, node };
    return this.#export(own, 'export=', seen) ?? this.#moduleNode(own);
  }

  #ofExpression(expression: ts.Expression, file: RelPath, seen: Set<string>): Definition | undefined {
    const bare = unwrap(expression);
    return ts.isIdentifier(bare) ? this.definitionOf(bare, file, seen) : { file, node: expression };
  }

  /** `export { routes as default }`, with or without `from`. */
  #reexported(node: ts.ExportSpecifier, file: RelPath, seen: Set<string>): Definition | undefined {
    const original = node.propertyName ?? node.name;
    const imported = fromOf(node.parent.parent, original.text);
    if (imported !== undefined) return this.#imported(file, imported, seen);
    return ts.isIdentifier(original) ? this.definitionOf(original, file, seen) : undefined;
  }

  #imported(file: RelPath, imported: Imported | undefined, seen: Set<string>): Definition | undefined {
    const target = imported === undefined ? undefined : this.module(file, imported.from);
    if (imported === undefined || target === undefined) return undefined;
    return imported.name === '*' ? this.#moduleNode(target) : this.#export(target, imported.name, seen);
  }

  #moduleNode(file: RelPath): Definition {
    return { file, node: this.#trees.tree(file) };
  }

  /** Barrels that re-export each other lead to one file by many ways: `seen` are those that were looked into. */
  #export(file: RelPath, name: string, seen: Set<string>): Definition | undefined {
    const place = `${name} ${file}`;
    if (seen.has(place)) return undefined;
    seen.add(place);
    return this.#bounded(file, () => {
      const tree = this.#trees.tree(file);
      const own = findExport(tree, name) ?? (name === 'default' ? findExport(tree, 'export=') : undefined);
      if (own !== undefined) return this.#defined(own, file, seen);
      for (const star of name === 'default' ? [] : starExports(tree)) {
        const found = this.#imported(file, fromOf(star, name), seen);
        if (found !== undefined) return found;
      }
      return undefined;
    });
  }

  #valueOf({ file, node }: Definition): Definition | undefined {
    if (ts.isExpression(node)) return this.value(node, file);
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined)
      return this.value(node.initializer, file);
    if (ts.isBindingElement(node)) return this.#boundValue(node, file) ?? { file, node };
    return { file, node };
  }

  /** `const { prefix } = options`, where `options` is a literal that is known. */
  #boundValue(node: ts.BindingElement, file: RelPath): Definition | undefined {
    const { initializer, name, parent, propertyName } = node;
    const holder = parent.parent;
    const isNamed = ts.isIdentifier(name) && ts.isObjectBindingPattern(parent);
    if (!isNamed || !ts.isVariableDeclaration(holder) || holder.initializer === undefined) return undefined;
    if (initializer !== undefined || node.dotDotDotToken !== undefined) return undefined;
    const key = propertyName ?? name;
    const object = this.value(holder.initializer, file);
    return object === undefined || !ts.isIdentifier(key) ? undefined : this.#memberOf(object, key.text);
  }

  #memberValue(receiver: ts.Expression, member: string, file: RelPath): Definition | undefined {
    const owner =
      receiver.kind === ts.SyntaxKind.ThisKeyword ? ts.findAncestor(receiver, ts.isClassLike) : undefined;
    if (owner !== undefined) return this.#fieldValue(owner, member, file, false);
    const object = this.value(receiver, file);
    return object === undefined ? undefined : this.#memberOf(object, member);
  }

  #memberOf({ file, node }: Definition, member: string): Definition | undefined {
    if (ts.isSourceFile(node)) return this.exported(file, member);
    if (ts.isClassLike(node)) return this.#fieldValue(node, member, file, true);
    if (ts.isEnumDeclaration(node)) {
      const found = node.members.find(({ name }) => nameText(name) === member);
      return found && { file, node: found.initializer ?? found };
    }
    const property = ts.isExpression(node) ? propertyOf(node, member) : undefined;
    return property === undefined ? undefined : this.value(property, file);
  }

  /** What a field begins with: `this.#plugins`, `Routes.prefix`. */
  #fieldValue(
    owner: ts.ClassLikeDeclaration,
    member: string,
    file: RelPath,
    isStatic: boolean,
  ): Definition | undefined {
    const field = owner.members.find(
      (one): one is ts.PropertyDeclaration =>
        ts.isPropertyDeclaration(one) &&
        one.name.getText() === member &&
        hasModifier(one, ts.SyntaxKind.StaticKeyword) === isStatic,
    );
    return field?.initializer === undefined ? undefined : this.value(field.initializer, file);
  }
}

/** `name` of the module that an export declaration names; undefined without `from`. */
function fromOf({ moduleSpecifier }: ts.ExportDeclaration, name: string): Imported | undefined {
  const from = stringOf(moduleSpecifier);
  return from === undefined ? undefined : { from, name };
}

function nameText(name: ts.PropertyName): string {
  return ts.isComputedPropertyName(name) ? name.getText() : name.text;
}
