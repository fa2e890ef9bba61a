import { describe, expect, it } from 'vitest';

import { toRel } from '../../../generators/_engine/model/paths.ts';
import { applyChanges } from '../../../generators/_engine/model/text-change.ts';
import { insertionsOf } from '../../../generators/_engine/record/insertions.ts';
import type { Insertion } from '../../../generators/_engine/record/s2s-record.ts';
import { takeOut } from '../../../generators/_engine/record/take-out.ts';

const path = 'src/routes.ts';
const hook = "\n  app.addHook('onRequest', app.authenticate);";
const head = 'app.register((app) => {';
const before = `${head}
  app.get('/users', list);
});
${head}
  app.get('/orders', list);
});
`;
const [atUsers, atOrders] = [head.length, before.lastIndexOf(head) + head.length];

/** The text with something put in at these offsets, and what is recorded of it. */
function inserted(text: string, ...offsets: readonly number[]): readonly [string, readonly Insertion[]] {
  const changes = offsets.map((start) => ({ start, end: start, text }));
  const edit = {
    kind: 'patch',
    path: toRel(path),
    role: 'registration',
    base: before,
    changes,
  } as const;
  return [applyChanges(before, changes), insertionsOf(edit)];
}

function take(
  text: string,
  all: readonly Insertion[],
  ...wanted: readonly number[]
): ReturnType<typeof takeOut> {
  return takeOut(path, text, all, new Set(all.filter((_, index) => wanted.includes(index))));
}

describe('two equal insertions in one file', () => {
  const [text, all] = inserted(hook, atUsers, atOrders);

  it('are known by their place', () => {
    expect(all).toEqual([
      { text: hook, place: [1, 2] },
      { text: hook, place: [2, 2] },
    ]);
  });

  it('go together and one by one, each from its own place', () => {
    expect(take(text, all, 0, 1)).toEqual({ text: before, blocked: [] });
    const [inOrders] = inserted(hook, atOrders);
    const [inUsers] = inserted(hook, atUsers);
    expect(take(text, all, 0)).toEqual({ text: inOrders, blocked: [] });
    expect(take(text, all, 1)).toEqual({ text: inUsers, blocked: [] });
  });

  it('are found by their code after a reformat', () => {
    const reformat = (one: string): string => one.replaceAll("'", '"').replaceAll('  ', '\t');
    const [inOrders] = inserted(hook, atOrders);
    expect(take(reformat(text), all, 0, 1)).toEqual({ text: reformat(before), blocked: [] });
    expect(take(reformat(text), all, 0)).toEqual({ text: reformat(inOrders), blocked: [] });
  });

  it('stay where one more is there, or one fewer: nobody can tell which is whose', () => {
    const more = `${text}${head}${hook}\n});\n`;
    expect(take(more, all, 0)).toMatchObject({ text: more, blocked: [{ line: 2 }] });
    const [fewer] = inserted(hook, atOrders);
    expect(take(fewer, all, 1)).toMatchObject({ text: fewer, blocked: [{ line: 5 }] });
  });
});

describe('equal insertions of two runs', () => {
  const [older] = inserted(hook, atOrders);
  const [text] = inserted(hook, atUsers, atOrders);
  const all: readonly Insertion[] = [{ text: hook }, { text: hook, place: [1, 2] }];

  it('go in any order', () => {
    const [newer] = inserted(hook, atUsers);
    expect(take(text, all, 1)).toEqual({ text: older, blocked: [] });
    expect(take(text, all, 0)).toEqual({ text: newer, blocked: [] });
    expect(take(text, all, 0, 1)).toEqual({ text: before, blocked: [] });
  });
});

describe('one insertion', () => {
  const [text, all] = inserted(hook, atUsers);

  it('is gone where nothing of it is left', () => {
    expect(take(before, all, 0)).toEqual({ text: before, blocked: [] });
  });

  it('is shown where it was edited', () => {
    const edited = text.replace("'onRequest'", "'preHandler'");
    expect(take(edited, all, 0)).toEqual({
      text: edited,
      blocked: [
        {
          line: 2,
          diff: "-app.addHook('onRequest', app.authenticate);\n+app.addHook('preHandler', app.authenticate);",
        },
      ],
    });
  });

  it('goes with its line break and no more from a checkout with CRLF', () => {
    const crlf = (one: string): string => one.replaceAll('\n', '\r\n');
    expect(take(crlf(text), all, 0)).toEqual({ text: crlf(before), blocked: [] });
  });
});

describe('an insertion that replaced something', () => {
  const replaced: Insertion = { text: 'list, { config: { limit: 5 } }', replaced: 'list' };
  const text = before.replace('list', replaced.text);

  it('puts that back, also after a reformat', () => {
    expect(take(text, [replaced], 0)).toEqual({ text: before, blocked: [] });
    const spread = text.replace('{ config: { limit: 5 } }', '{\n    config: { limit: 5 },\n  }');
    expect(take(spread, [replaced], 0)).toEqual({ text: before, blocked: [] });
  });
});

describe('a file that is no code', () => {
  it('loses the lines by their text, and is blocked by a variable with another value', () => {
    const insertion = { text: '\nAUTH_SERVICE_URL=http://localhost:3001\n# SECRET=\n' };
    const env = 'PORT=1\n\nAUTH_SERVICE_URL=http://localhost:3001\nMINE=1\n# SECRET=\n';
    expect(takeOut('.env.example', env, [insertion], new Set([insertion]))).toEqual({
      text: 'PORT=1\nMINE=1\n',
      blocked: [],
    });
    const other = env.replace(':3001', ':4000');
    expect(takeOut('.env.example', other, [insertion], new Set([insertion])).blocked).toMatchObject([
      {
        line: 3,
        diff: '-AUTH_SERVICE_URL=http://localhost:3001\n+AUTH_SERVICE_URL=http://localhost:4000',
      },
    ]);
  });

  it('loses a dependency by its name, at any version', () => {
    const insertion = { text: ',\n    "undici": "^7.16.0"' };
    const manifest = '{\n  "dependencies": {\n    "fastify": "^5.0.0",\n    "undici": "^7.20.0"\n  }\n}\n';
    expect(takeOut('package.json', manifest, [insertion], new Set([insertion]))).toEqual({
      text: '{\n  "dependencies": {\n    "fastify": "^5.0.0"\n  }\n}\n',
      blocked: [],
    });
  });
});
