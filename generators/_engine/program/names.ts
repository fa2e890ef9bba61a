import type { RelPath } from '../model/paths.ts';
import { spend, ts } from '../syntax/tree.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from '../syntax/expressions.ts';
import { type Imported, importsOf } from '../syntax/imports.ts';
import { findExported } from '../syntax/exports.ts';
import { findDeclaration } from '../syntax/scopes.ts';
import type { Sources } from './sources.ts';

/** A value's own node (function, class, initializer, parameter, binding element) and the file it stands in. */
interface Found {
  readonly file: RelPath;
  readonly node: ts.Node;
}

/** Answers what a name stands for across the files of one service, without a type checker. */
export interface Names {
  /** What an expression stands for: follows variables, imports, re-exports and members of literals. */
  value(expression: ts.Expression, file: RelPath): Found | undefined;
  /** What a module exports by this name (`default` too). */
  exported(file: RelPath, name: string): Found | undefined;
  /** The import that a name at a node comes from; undefined when something nearer has that name. */
  importOf(identifier: ts.Identifier, file: RelPath): Imported | undefined;
  /** The service's own file that a specifier names. */
  module(file: RelPath, specifier: string): RelPath | undefined;
}

const maxHops = 10;
/** What a name that is looked up costs, as nodes that are visited. */
const hopSteps = 50;

/** Opens the names of a service; `resolve` finds a file from a specifier. */
export function openNames(sources: Sources, resolve: Names['module']): Names {
  return new ServiceNames(sources, resolve);
}

class ServiceNames implements Names {
  readonly module: Names['module'];
  readonly #sources: Sources;

  constructor(sources: Sources, resolve: Names['module']) {
    this.#sources = sources;
    this.module = resolve;
  }

  value(expression: ts.Expression, file: RelPath, hops = 0): Found | undefined {
    if (hops > maxHops) return undefined;
    spend(hopSteps, () => file);
    const bare = unwrap(expression);
    if (ts.isIdentifier(bare)) return this.#named(bare, file, hops);
    const receiver = receiverOf(bare);
    const member = memberOf(bare);
    if (receiver === undefined || member === undefined) return { file, node: bare };
    return this.#memberValue(receiver, member, file, hops) ?? { file, node: bare };
  }

  #memberValue(receiver: ts.Expression, member: string, file: RelPath, hops: number): Found | undefined {
    if (receiver.kind === ts.SyntaxKind.ThisKeyword) return this.#fieldValue(receiver, member, file, hops);
    if (ts.isIdentifier(receiver)) {
      const imported = this.importOf(receiver, file);
      const target = imported?.name === '*' ? this.module(file, imported.from) : undefined;
      if (target !== undefined) return this.exported(target, member, hops + 1);
    }
    const object = this.value(receiver, file, hops + 1);
    if (object === undefined || !ts.isExpression(object.node)) return undefined;
    const property = propertyOf(object.node, member);
    return property === undefined ? undefined : this.value(property, object.file, hops + 1);
  }

  /** `this.#plugins`: what the field begins with. */
  #fieldValue(receiver: ts.Expression, member: string, file: RelPath, hops: number): Found | undefined {
    const owner = ts.findAncestor(receiver, ts.isClassLike);
    const field = owner?.members.find(
      (one): one is ts.PropertyDeclaration => ts.isPropertyDeclaration(one) && one.name.getText() === member,
    );
    return field?.initializer === undefined ? undefined : this.value(field.initializer, file, hops + 1);
  }

  #named(identifier: ts.Identifier, file: RelPath, hops: number): Found | undefined {
    const declaration = findDeclaration(identifier, identifier.text);
    if (declaration !== undefined) {
      const initializer = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
      return initializer === undefined
        ? { file, node: declaration }
        : this.value(initializer, file, hops + 1);
    }
    const imported = importsOf(this.#sources.tree(file)).get(identifier.text);
    const target = imported === undefined ? undefined : this.module(file, imported.from);
    if (imported === undefined || target === undefined) return undefined;
    return this.exported(target, imported.name, hops + 1);
  }

  /** Barrels that re-export each other lead to one file by many ways: `seen` are those that were looked into. */
  exported(file: RelPath, name: string, hops = 0, seen = new Set<string>()): Found | undefined {
    const place = `${name} ${file}`;
    if (hops > maxHops || seen.has(place)) return undefined;
    seen.add(place);
    spend(hopSteps, () => file);
    const found = findExported(this.#sources.tree(file), name);
    if (found === undefined) return undefined;
    if ('node' in found) {
      return ts.isExpression(found.node)
        ? this.value(found.node, file, hops + 1)
        : { file, node: found.node };
    }
    for (const { from, name: next } of found.elsewhere) {
      const target = this.module(file, from);
      const value = target === undefined ? undefined : this.exported(target, next, hops + 1, seen);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  importOf(identifier: ts.Identifier, file: RelPath): Imported | undefined {
    if (findDeclaration(identifier, identifier.text) !== undefined) return undefined;
    return importsOf(this.#sources.tree(file)).get(identifier.text);
  }
}
