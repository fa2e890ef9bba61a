import type { RelPath } from '../model/paths.ts';
import type { ts } from '../syntax/tree.ts';
import { type Definition, type Definitions, openDefinitions } from './definitions.ts';
import { Evaluator, type Value } from './evaluate.ts';
import { type Call, findCalls, findReferences, type Reference } from './references.ts';
import type { Sources } from './sources.ts';

/** One service across its files: what a name is defined as, what an expression's value is, who calls what. */
export interface Program extends Definitions {
  /** What an expression is for certain. @throws RefusalError E_TOO_COMPLEX */
  valueOf(expression: ts.Expression, file: RelPath): Value;
  /** The text that an expression has for certain: of literals, constants, and templates made of them. */
  textOf(expression: ts.Expression | undefined, file: RelPath): string | undefined;
  /** Where a declaration is used in the service's own files. */
  referencesTo(declaration: Definition): readonly Reference[];
  /** The calls of a function, and what makes instances of a class. */
  callsOf(declaration: Definition): readonly Call[];
}

/** Opens the program of a service; `resolve` finds a file from a specifier. Parses and binds what is asked about. */
export function openProgram(sources: Sources, resolve: Definitions['module']): Program {
  const definitions = openDefinitions(sources, resolve);
  const evaluator = new Evaluator(definitions);
  const referred = new Map<ts.Node, readonly Reference[]>();
  const referencesTo = (declaration: Definition): readonly Reference[] => {
    const known = referred.get(declaration.node) ?? findReferences(sources, definitions, declaration);
    referred.set(declaration.node, known);
    return known;
  };
  const valueOf = (expression: ts.Expression, file: RelPath): Value => evaluator.valueOf(expression, file);
  return {
    definitionOf: (identifier, file) => definitions.definitionOf(identifier, file),
    value: (expression, file) => definitions.value(expression, file),
    exported: (file, name) => definitions.exported(file, name),
    importOf: (identifier, file) => definitions.importOf(identifier, file),
    module: resolve,
    valueOf,
    textOf: (expression, file) => {
      const value = expression && valueOf(expression, file);
      return value?.kind === 'text' ? value.text : undefined;
    },
    referencesTo,
    callsOf: (declaration) => findCalls(referencesTo(declaration)),
  };
}
