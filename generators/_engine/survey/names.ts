import type { RelPath } from '../contract.ts';
import { ts } from '../syntax.ts';
import { memberOf, propertyOf, receiverOf, unwrap } from './expressions.ts';
import { type Imported, importsOf } from './imports.ts';
import { findExported } from './exports.ts';
import { findDeclaration } from './scopes.ts';
import type { Sources } from './sources.ts';

/** A value's own node (function, class, initializer, parameter, binding element) and the file it stands in. */
export interface Found {
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

/** Opens the names of a service; `resolve` finds a file from a specifier. */
export function openNames(sources: Sources, resolve: Names['module']): Names {
  function value(expression: ts.Expression, file: RelPath, hops = 0): Found | undefined {
    if (hops > maxHops) return undefined;
    const bare = unwrap(expression);
    if (ts.isIdentifier(bare)) return named(bare, file, hops);
    const receiver = receiverOf(bare);
    const member = memberOf(bare);
    if (receiver === undefined || member === undefined) return { file, node: bare };
    return memberValue(receiver, member, file, hops) ?? { file, node: bare };
  }

  function memberValue(receiver: ts.Expression, member: string, file: RelPath, hops: number): Found | undefined {
    if (ts.isIdentifier(receiver)) {
      const imported = importOf(receiver, file);
      const target = imported?.name === '*' ? resolve(file, imported.from) : undefined;
      if (target !== undefined) return exported(target, member, hops + 1);
    }
    const object = value(receiver, file, hops + 1);
    if (object === undefined || !ts.isExpression(object.node)) return undefined;
    const property = propertyOf(object.node, member);
    return property === undefined ? undefined : value(property, object.file, hops + 1);
  }

  function named(identifier: ts.Identifier, file: RelPath, hops: number): Found | undefined {
    const declaration = findDeclaration(identifier, identifier.text);
    if (declaration !== undefined) {
      const initializer = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
      return initializer === undefined ? { file, node: declaration } : value(initializer, file, hops + 1);
    }
    const imported = importsOf(sources.tree(file)).get(identifier.text);
    const target = imported === undefined ? undefined : resolve(file, imported.from);
    if (imported === undefined || target === undefined) return undefined;
    return exported(target, imported.name, hops + 1);
  }

  function exported(file: RelPath, name: string, hops = 0): Found | undefined {
    if (hops > maxHops) return undefined;
    const found = findExported(sources.tree(file), name);
    if (found === undefined) return undefined;
    if ('node' in found) {
      return ts.isExpression(found.node) ? value(found.node, file, hops + 1) : { file, node: found.node };
    }
    for (const { from, name: next } of found.elsewhere) {
      const target = resolve(file, from);
      const value = target === undefined ? undefined : exported(target, next, hops + 1);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  function importOf(identifier: ts.Identifier, file: RelPath): Imported | undefined {
    if (findDeclaration(identifier, identifier.text) !== undefined) return undefined;
    return importsOf(sources.tree(file)).get(identifier.text);
  }

  return { value: (expression, file) => value(expression, file), exported, importOf, module: resolve };
}
