import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import { textAfter } from '../../generators/_engine/repo/repo.ts';
import { parseSource, syntaxErrors, ts, walk } from '../../generators/_engine/syntax/tree.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { planCommand } from '../helpers/run-command.ts';
import { sampled } from '../helpers/sampled.ts';

/** A document comes from somebody else: what it says must stay a name, a text or a comment, wherever it is put. */
const texts = [
  '*/ pwned(); /*',
  "'; pwned(); '",
  '"; pwned(); "',
  '`; pwned(); `',
  '${pwned()}',
  '\n pwned(); //',
  '\u2028pwned();//',
  '\\',
  '} pwned(); {',
  '>; pwned(); type X = <',
  'x\nPWNED=1',
  '$(pwned)',
  '__proto__',
  '%',
];

type Json = Readonly<Record<string, unknown>>;

function documentWith(place: string, text: string): Json {
  const at = (wanted: string, usual: string): string => (place === wanted ? text : usual);
  const schema = {
    type: 'object',
    title: at('schema title', 'Thing'),
    properties: { [at('property', 'id')]: { enum: [at('enum', 'a'), 'b'] } },
  };
  return {
    openapi: '3.1.0',
    info: { title: at('title', 'Payments') },
    servers: [{ url: place === 'server' ? `https://pay.example.com/${text}` : 'https://pay.example.com' }],
    paths: {
      [place === 'path' ? `/things/${text}` : '/things/{id}']: {
        get: {
          operationId: at('operation', 'getThing'),
          parameters: [
            { name: at('query', 'q'), in: 'query', schema: { type: 'string' } },
            { name: at('parameter', 'id'), in: 'path', required: true, schema: { type: 'string' } },
          ],
          responses: {
            '200': {
              content: {
                'application/json': {
                  schema: { $ref: `#/components/schemas/${at('reference', 'Thing')}` },
                },
              },
            },
          },
        },
      },
    },
    components: { schemas: { Thing: schema, [at('schema', 'Other')]: schema } },
  };
}

const places = [
  'title',
  'server',
  'path',
  'operation',
  'query',
  'parameter',
  'property',
  'enum',
  'schema',
  'schema title',
  'reference',
];

/** What would run, or be read as another variable. */
function strayCode({ edits }: Plan): readonly string[] {
  return edits.flatMap((edit) => {
    const text = textAfter(edit) ?? '';
    if (!edit.path.endsWith('.ts')) return /^\s*(?:- )?PWNED[=:]|\$\(/m.test(text) ? [edit.path] : [];
    const source = parseSource(edit.path, text);
    const found = syntaxErrors(source).map(({ message }) => `${edit.path}: ${message}`);
    walk(source, (node) => {
      if (ts.isCallExpression(node) && node.expression.getText(source) === 'pwned') found.push(edit.path);
      return true;
    });
    return found;
  });
}

let repo: GeneratedRepo;
beforeAll(() => {
  repo = new GeneratedRepo('hostile-openapi');
});
afterAll(() => {
  deleteGeneratedRepo('hostile-openapi');
});

describe.each(places)('an OpenAPI document with a hostile %s', (place) => {
  it.each(sampled(texts, Math.ceil(texts.length / 2)))('%j stays what it is', async (text) => {
    repo.write('pay.json', JSON.stringify(documentWith(place, text)));
    const args = ['--target', 'user', '--to', 'pay.json', '--no-format'];
    const plan = await planCommand({ generator: 'add-service-call', args }, repo.root);
    if (plan.ok) expect(strayCode(plan)).toEqual([]);
    else expect(plan.obstacles.map(({ message }) => message).join('\n')).not.toMatch(/bug of the generator/);
  });
});
