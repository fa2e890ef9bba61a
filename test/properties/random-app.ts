import fc from 'fast-check';

/** How the text of a random service is written. */
export interface Writing {
  readonly quote: "'" | '"';
  readonly semicolon: '' | ';';
  readonly indent: string;
  readonly eol: '\n' | '\r\n';
  readonly finalNewline: boolean;
  /** What stands above the imports. */
  readonly prologue: readonly string[];
  readonly comments: boolean;
  readonly keyword: '' | 'await ' | 'void ';
}

/** A random service: how its instance is made, and what is registered on it, in order. */
export interface RandomApp {
  readonly writing: Writing;
  readonly form: Form;
  readonly name: string;
  readonly members: readonly Member[];
  readonly signs: boolean;
}

const forms = [
  'factory',
  'async factory',
  'arrow factory',
  'default parameter',
  'either',
  'given or made',
  'chain',
  'singleton',
  'main',
  'class',
] as const;
type Form = (typeof forms)[number];

/** One thing done to the instance. `plugin` and `shared` are files of their own. */
export type Member = Readonly<
  | { kind: 'package'; name: 'sensible'; options: boolean }
  | { kind: 'plugin' | 'shared' | 'helper'; name: string; prefix: boolean; lines: boolean }
  | { kind: 'route' | 'routeObject' | 'hook' | 'decorate'; name: string }
  | { kind: 'comment'; text: string }
>;

const writing: fc.Arbitrary<Writing> = fc.record({
  quote: fc.constantFrom("'", '"'),
  semicolon: fc.constantFrom('', ';'),
  indent: fc.constantFrom('  ', '    ', '\t'),
  eol: fc.constantFrom('\n', '\r\n'),
  finalNewline: fc.boolean(),
  prologue: fc.subarray([
    '#!/usr/bin/env node',
    "'use strict';",
    '/* Copyright of somebody, who keeps all rights. */',
    '// eslint-disable-next-line import/order',
  ]),
  comments: fc.boolean(),
  keyword: fc.constantFrom('', 'await ', 'void '),
});

const words = ['users', 'orders', 'invoices', 'health', 'search', 'carts'] as const;
const word = fc.constantFrom(...words);

const member: fc.Arbitrary<Member> = fc.oneof(
  fc.record({
    kind: fc.constant('package' as const),
    name: fc.constant('sensible' as const),
    options: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom('plugin', 'shared', 'helper'),
    name: word,
    prefix: fc.boolean(),
    lines: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('route', 'routeObject', 'hook', 'decorate'), name: word }),
  fc.record({ kind: fc.constant('comment' as const), text: fc.constantFrom('// next', '/* and then */') }),
);

/** Valid Fastify services, in styles of all kinds. */
export const randomApp: fc.Arbitrary<RandomApp> = fc.record({
  writing,
  form: fc.constantFrom(...forms),
  name: fc.constantFrom('app', 'server', 'fastify'),
  members: fc.uniqueArray(member, {
    maxLength: 7,
    // A name is one file, and a package is registered once.
    selector: (one) => ('name' in one ? one.name : one.text),
  }),
  signs: fc.boolean(),
});
