import type { RegistrationWant } from '../model/wants.ts';
import type { Scope } from './registration-scopes.ts';
import { comesFirst } from './registration-uses.ts';

/** The list of statements that a registration goes into. */
export function chooseScope(scopes: readonly Scope[], want: RegistrationWant): Scope | undefined {
  return want.position === 'guard' ? guardScope(scopes, want) : usualScope(scopes);
}

/** Where the last thing is that a guard needs, else the first that may have routes. */
function guardScope(scopes: readonly Scope[], want: RegistrationWant): Scope | undefined {
  const needs = scopes.filter(({ uses }) => uses.some(({ node }) => comesFirst(node, want)));
  const start = ({ uses }: Scope): number =>
    Math.min(...uses.filter(({ kind }) => kind === 'route').map(({ node }) => node.getEnd()));
  const open = scopes.filter(({ uses }) => uses.some(({ kind }) => kind === 'route'));
  return needs.at(-1) ?? open.toSorted((a, b) => start(a) - start(b)).at(0) ?? usualScope(scopes);
}

/** Where routes are, else where plugins are, else where the instance is made. */
function usualScope(scopes: readonly Scope[]): Scope | undefined {
  const count = (scope: Scope, ...kinds: readonly string[]): number =>
    scope.uses.filter(({ kind }) => kinds.includes(kind)).length;
  const most = (...kinds: readonly string[]): Scope | undefined =>
    scopes
      .filter((scope) => count(scope, ...kinds) > 0)
      .toSorted((a, b) => count(b, ...kinds) - count(a, ...kinds))
      .at(0);
  return (
    most('route') ??
    most('plugin') ??
    scopes.find(({ creation }) => creation !== undefined) ??
    most('end') ??
    scopes[0]
  );
}
