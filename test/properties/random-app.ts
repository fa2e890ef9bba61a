import fc from 'fast-check';

/** How the text of a random service is written. */
export interface Writing {
  readonly quote: "'" | '"';
  readonly semicolon: '' | ';';
  readonly indent: string;
  /** `mixed`: some lines end with CRLF, the others with LF. */
  readonly eol: '\n' | '\r\n' | 'mixed';
  readonly finalNewline: boolean;
  /** What stands above the imports. */
  readonly preamble: readonly string[];
  readonly comments: boolean;
  readonly keyword: '' | 'await ' | 'void ';
  readonly imports: 'packages first' | 'own first' | 'in groups';
  /** The types of Fastify are imported on their own, over several lines. */
  readonly typeImport: boolean;
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
  'try',
  'top level',
  'type provider',
  'after',
  'class',
  'loop in a class',
] as const;
type Form = (typeof forms)[number];

const pluginKinds = ['plugin', 'shared', 'helper', 'made', 'cast', 'choice', 'inner', 'dynamic'] as const;
/**
 * shared: wrapped in fastify-plugin · helper: a function that is given the instance · made: a function makes it · cast:
 * `x as never` · choice: one of two · inner: inline, with an instance of the same name · dynamic: `import()`.
 */
type PluginKind = (typeof pluginKinds)[number];

/** One thing done to the instance. Plugins but for `inner` are files of their own. */
export type Member = Readonly<
  | { kind: 'package'; name: 'sensible'; options: boolean }
  | { kind: PluginKind; name: string; prefix: boolean; lines: boolean }
  | { kind: 'route' | 'routeObject' | 'hook' | 'decorate'; name: string }
  | { kind: 'comment'; text: string }
>;

const writing: fc.Arbitrary<Writing> = fc.record({
  quote: fc.constantFrom("'", '"'),
  semicolon: fc.constantFrom('', ';'),
  indent: fc.constantFrom('  ', '    ', '\t'),
  eol: fc.constantFrom('\n', '\r\n', 'mixed'),
  finalNewline: fc.boolean(),
  preamble: fc.subarray([
    '#!/usr/bin/env node',
    "'use strict';",
    '/* Copyright of somebody, who keeps all rights. */',
    '/* eslint-disable no-console */',
    '',
    '// eslint-disable-next-line import/order',
  ]),
  comments: fc.boolean(),
  keyword: fc.constantFrom('', 'await ', 'void '),
  imports: fc.constantFrom('packages first', 'own first', 'in groups'),
  typeImport: fc.boolean(),
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
    kind: fc.constantFrom(...pluginKinds),
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
