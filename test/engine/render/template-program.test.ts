import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';

import { missingKeys } from '../../../generators/_engine/render/template-program.ts';

const none = (): hbs.AST.Program => Handlebars.parse('');

describe('missingKeys', () => {
  it.each([
    ['{{a}}', { a: 1 }, []],
    ['{{a}}', {}, ['a']],
    ['{{#if a}}{{b}}{{/if}}', { a: false }, ['b']],
    ['{{#if a}}x{{else}}{{c}}{{/if}}', { a: true }, ['c']],
    ['{{#unless a}}x{{/unless}}', {}, ['a']],
    ['{{#each list}}{{this.x}}{{../top}}{{/each}}', { list: [{ x: 1 }], top: 1 }, []],
    ['{{#each list}}{{this.y}}{{../no}}{{/each}}', { list: [{ x: 1 }] }, ['this.y', '../no']],
    ['{{#each list}}{{this.y}}{{/each}}', { list: [] }, []],
    ['{{a.b}}', { a: {} }, ['a.b']],
  ])('%s with %j', (template, view, missing) => {
    expect(missingKeys(Handlebars.parse(template), view, none)).toEqual(missing);
  });

  it('looks into partials', () => {
    expect(missingKeys(Handlebars.parse('{{> head}}'), {}, () => Handlebars.parse('{{title}}'))).toEqual([
      'title',
    ]);
  });
});
