import { describe, expect, it } from 'vitest';

import type { Style } from '../../../generators/_engine/model/code-facts.ts';
import type { HookWant } from '../../../generators/_engine/edit/ensure-hook.ts';
import { ensureHook } from '../../../generators/_engine/edit/ensure-hook.ts';
import { edited, style } from './edited.ts';
import { obstaclesFrom } from '../refused.ts';

const want: HookWant = { plugin: 'users', statement: "{{app}}.addHook('onRequest', {{app}}.authenticate);" };
const hook = (app: string): string => `${app}.addHook('onRequest', ${app}.authenticate);`;

function hooked(base: string, own: Partial<Style> = {}, wanted: HookWant = want): string {
  return edited(base, 'a.ts', (text) => ensureHook(text, wanted, { ...style, ...own }));
}

describe('ensureHook', () => {
  it.each([
    ['a declaration', 'export async function users(app: FastifyInstance) {'],
    ['an arrow function', 'export const users = async (app: FastifyInstance): Promise<void> => {'],
    ['a typed constant', 'const users: FastifyPluginAsync = async (app) => {'],
    ['a function expression', 'const users = function (app, opts, done) {'],
    ['a default export by another name', 'export default async function usersRoutes(app) {'],
    ['a body with a comment at its brace', 'async function users(app) { // eslint-disable-line'],
  ])('finds %s', (_, head) => {
    expect(hooked(`${head}\n  // List\n  app.get('/', list);\n}\n`)).toBe(
      `${head}\n  ${hook('app')}\n\n  // List\n  app.get('/', list);\n}\n`,
    );
  });

  it.each([
    ['export { list as users };\nfunction list(f) {\n  f.get();\n}\n', 'function list(f) {\n  '],
    [
      'const list = async (f) => {\n  f.get();\n};\nexport default list;\n',
      'const list = async (f) => {\n  ',
    ],
    ['export const users = (db) => async (f) => {\n  f.get();\n};\n', '(db) => async (f) => {\n  '],
    [
      'export function users(db) {\n  return async function (f) {\n    f.get();\n  };\n}\n',
      'return async function (f) {\n    ',
    ],
    [
      'const list = (async (f) => {\n  f.get();\n}) satisfies P;\nexport { list as default };\n',
      'async (f) => {\n  ',
    ],
  ])('follows names and factories: %j', (base, head) => {
    const indent = / +$/.exec(head)?.[0] ?? '';
    expect(hooked(base)).toBe(base.replace(head, `${head}${hook('f')}\n\n${indent}`));
  });

  it('goes below directives and above hooks that are there, without a gap', () => {
    expect(hooked("function users(a) {\n  'use strict';\n  a.addHook('onSend', b);\n}\n")).toBe(
      `function users(a) {\n  'use strict';\n  ${hook('a')}\n  a.addHook('onSend', b);\n}\n`,
    );
  });

  it('fills an empty body and one on a single line', () => {
    expect(hooked('function users(a) {}\n')).toBe(`function users(a) {\n  ${hook('a')}\n}\n`);
    expect(hooked('function users(a) {\n}\n')).toBe(`function users(a) {\n  ${hook('a')}\n}\n`);
    expect(hooked("function users(a) { a.get('/') }\n")).toBe(
      `function users(a) { ${hook('a')} a.get('/') }\n`,
    );
  });

  it('is written as the file is', () => {
    expect(
      hooked('function users(a) {\r\n\r\n\ta.get("/")\r\n}\r\n', {
        quote: '"',
        semicolons: false,
        eol: '\r\n',
        indent: '\t',
      }),
    ).toBe('function users(a) {\r\n\ta.addHook("onRequest", a.authenticate)\r\n\r\n\ta.get("/")\r\n}\r\n');
  });

  it('sees the statement in another style, and not in another body', () => {
    const same = 'function users(a) {\n  a.addHook(\n    "onRequest",\n    a.authenticate,\n  ) // ours\n}\n';
    expect(ensureHook(same, want, style)).toEqual([]);
    expect(hooked(`function x(a) {\n  ${hook('a')}\n}\nfunction users(a) {\n  x(a);\n}\n`)).toContain(
      `users(a) {\n  ${hook('a')}`,
    );
  });

  it.each([
    [
      "import plugin from 'fastify-plugin';\nexport default plugin(async (app) => {});\n",
      'E_NOT_ENCAPSULATED',
    ],
    ['const users = fp(list);\nasync function list(app) {}\n', 'E_NOT_ENCAPSULATED'],
    ['export const users = (app) => app.get("/");\n', 'E_NO_SUCH_PLUGIN'],
    ['export const users = () => {};\n', 'E_NO_SUCH_PLUGIN'],
    ['export const users = ({ get }) => { get(); };\n', 'E_NO_SUCH_PLUGIN'],
    ['export const users = withTracing(async (app) => {});\n', 'E_NO_SUCH_PLUGIN'],
    ['export const other = async (app) => {};\n', 'E_NO_SUCH_PLUGIN'],
  ])('refuses %j', (base, code) => {
    expect(obstaclesFrom(() => ensureHook(base, want, style))).toMatchObject([{ code, manual: hook('app') }]);
  });
});
