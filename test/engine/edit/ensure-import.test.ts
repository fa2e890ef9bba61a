import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ImportWant, Style } from '../../../generators/_engine/model/code-facts.ts';
import { ensureImport } from '../../../generators/_engine/edit/ensure-import.ts';
import { edited, style } from './edited.ts';
import { obstaclesFrom } from '../refused.ts';

/** Applies, proves, and makes sure that a second run has nothing to do. */
function imported(base: string, want: ImportWant, own: Partial<Style> = {}): string {
  return edited(base, 'a.ts', (text) => ensureImport(text, want, { ...style, ...own }));
}

const b: ImportWant = { from: './b.js', names: ['b'] };
const bLine = "import { b } from './b.js';\n";

describe('a line of its own', () => {
  it.each([
    ['after the last import of its kind', "import x from 'x';\nimport a from './a.js';\n\na();\n", 2],
    ['after a package when there is no own module', "import x from 'x';\n\na();\n", 1],
    ['after a trailing comment', "import x from 'x'; // eslint-disable-line\nx();\n", 1],
    ['after an import over several lines', "import {\n  x,\n} from './x.js';\n\nx();\n", 3],
    ['after calls of require', "const x = require('x');\nx();\n", 1],
    ['after the first block alone', "import x from 'x';\nx();\nimport y from './y.js';\n", 1],
    ['below a directive and imports', "'use strict';\nimport x from 'x';\nx();\n", 2],
  ])('goes %s', (_, base, line) => {
    const lines = base.split('\n');
    lines.splice(line, 0, bLine.trimEnd());
    expect(imported(base, b)).toBe(lines.join('\n'));
  });

  it('keeps packages above own modules', () => {
    const base = "import x from 'x';\n\nimport a from './a.js';\n";
    expect(imported(base, { from: 'y', default: 'y' })).toBe(
      "import x from 'x';\nimport y from 'y';\n\nimport a from './a.js';\n",
    );
  });

  it('goes where the order says, in a group that is kept in order', () => {
    const base = "import a from './a.js';\n// about c\nimport c from './c.js';\nimport d from './d.js';\n";
    expect(imported(base, b)).toBe(base.replace('// about c', `${bLine}// about c`));
    const unordered = "import d from './d.js';\nimport a from './a.js';\nimport c from './c.js';\n";
    expect(imported(unordered, b)).toBe(unordered + bLine);
  });

  it.each([
    ['shebang', '#!/usr/bin/env node\n'],
    ['licence', '/* (c) A */\n\n'],
    ['licence that touches', '// Copyright A\n'],
    ['directive', "'use strict';\n"],
    ['@ts-check', '// @ts-check\n'],
    ['all of them', "#!/usr/bin/env node\n/* (c) A */\n'use strict';\n\n"],
    ['eslint-disable', '/* eslint-disable no-console */\n'],
  ])('goes below the preamble: %s', (_, preamble) => {
    expect(imported(`${preamble}/** Doc. */\nexport const a = 1;\n`, b)).toBe(
      `${preamble}${bLine}\n/** Doc. */\nexport const a = 1;\n`,
    );
  });

  it('stays below a licence that touches the first import', () => {
    const base = "/* Copyright */\nimport b from './b.js';\nimport c from './c.js';\n";
    const next = edited(base, 'app.ts', (text) =>
      ensureImport(text, { from: './a.js', default: 'a' }, style),
    );
    expect(next).toBe(base.replace('import b', "import a from './a.js';\nimport b"));
  });

  it('fills an empty file, and one with comments alone', () => {
    expect(imported('', b)).toBe(bLine);
    expect(imported('// a', b)).toBe(`// a\n${bLine}`);
    expect(imported("import 'x';", b)).toBe(`import 'x';\n${bLine.trimEnd()}`);
  });

  it('does not run into a comment or a statement that shares the line', () => {
    expect(imported("import 'x'; /* a\n b */ c();\n", b)).toBe(`import 'x'; /* a\n b */ c();\n${bLine}`);
    expect(imported("import 'x'; c({\n});\n", b)).toBe(`import 'x'; c({\n});\n${bLine}`);
  });

  it('is written as the file is', () => {
    expect(imported('import "x"\r\n\r\nx()\r\n', b, { quote: '"', semicolons: false, eol: '\r\n' })).toBe(
      'import "x"\r\nimport { b } from "./b.js"\r\n\r\nx()\r\n',
    );
  });

  it('takes every form', () => {
    const base = "import 'x';\n";
    expect(imported(base, { from: 'y', default: 'y', names: ['a', 'c as d'] })).toBe(
      `${base}import y, { a, c as d } from 'y';\n`,
    );
    expect(imported(base, { from: 'y', default: 'y', names: ['A'], typeOnly: true })).toBe(
      `${base}import type y from 'y';\nimport type { A } from 'y';\n`,
    );
    expect(imported(base, { from: 'y' })).toBe(`${base}import 'y';\n`);
  });
});

describe('a clause that is there', () => {
  it.each([
    ["import { a } from './b.js';", "import { a, b } from './b.js';"],
    ["import { a, } from './b.js'", "import { a, b, } from './b.js'"],
    ["import {\n  a,\n  c, // why\n} from './b.js';", "import {\n  a,\n  c, // why\n  b,\n} from './b.js';"],
    ["import {\n\ta // why\n} from './b.js';", "import {\n\ta, // why\n\tb\n} from './b.js';"],
    ["import {\r\n  a\r\n} from './b.js';", "import {\r\n  a,\r\n  b\r\n} from './b.js';"],
    ["import {} from './b.js';", "import { b } from './b.js';"],
    ["import x from './b.js';", "import x, { b } from './b.js';"],
    ["import x, { a } from './b.js';", "import x, { a, b } from './b.js';"],
    ["import { a } from './b';", "import { a, b } from './b';"],
  ])('takes the name: %s', (base, expected) => {
    expect(imported(`${base}\n`, b)).toBe(`${expected}\n`);
  });

  it('is not used when it is for types, a namespace or an effect', () => {
    for (const base of [
      "import type { A } from './b.js';\n",
      "import * as x from './b.js';\n",
      "import './b.js';\n",
    ]) {
      expect(imported(base, b)).toBe(base + bLine);
    }
  });

  it('takes a type, marked where the clause has values', () => {
    const want: ImportWant = { from: 'x', names: ['T'], typeOnly: true };
    expect(imported("import { a } from 'x';\n", want)).toBe("import { a, type T } from 'x';\n");
    expect(imported("import type { A } from 'x';\n", want)).toBe("import type { A, T } from 'x';\n");
  });

  it('takes a default', () => {
    expect(imported("import { a } from 'x';\n", { from: 'x', default: 'x' })).toBe(
      "import x, { a } from 'x';\n",
    );
  });
});

describe('nothing to do', () => {
  it.each([
    ["import { a, b } from './b.js';"],
    ["import { b } from './b';"],
    ["const { b } = require('./b');"],
    ["import x, {\n  b,\n} from './b.js';"],
  ])('%s', (base) => {
    expect(ensureImport(base, b, style)).toEqual([]);
  });

  it('a value serves as a type', () => {
    expect(ensureImport("import { b } from './b.js';", { ...b, typeOnly: true }, style)).toEqual([]);
  });
});

describe('a name that is taken', () => {
  it.each([
    ["import { b } from './other.js';"],
    ["import * as b from 'x';"],
    ['const { a: [b] } = c;'],
    ['function b() {}'],
    ['interface b {}'],
    ["import type { b } from './b.js';"],
  ])('is an obstacle: %s', (base) => {
    expect(obstaclesFrom(() => ensureImport(`\n${base}\n`, b, style))).toMatchObject([
      { message: expect.stringContaining('line 2') as string },
    ]);
  });
});

describe('any file', () => {
  const part = (...texts: string[]) => fc.constantFrom('', ...texts);
  const file = fc
    .tuple(
      part('#!/usr/bin/env node\n'),
      part('/* (c) A */\n', '/* (c) A */\n\n', '// @ts-check\n', '// note\n'),
      part("'use strict';\n", "'use strict' // why\n"),
      fc.array(
        fc.constantFrom(
          "import x1 from 'x';",
          "import { x2 } from 'x' // eslint-disable-line",
          "import {\n  x3, // c\n  x4\n} from './b.js';",
          "import type { X5 } from './b.js';",
          '// eslint-disable-next-line',
          "const x6 = require('x');",
          '',
          '/** A. */',
          "import './b.js'; /* d\n e */",
        ),
        { maxLength: 6 },
      ),
      part('x();', '/** Doc. */\nexport function f() {\n  return `\n import y`;\n}\n'),
      fc.boolean(),
    )
    .map(([shebang, header, directive, lines, body, crlf]) => {
      const text = [shebang, header, directive, lines.join('\n'), '\n', body].join('');
      return crlf ? text.replaceAll('\n', '\r\n') : text;
    });
  const want = fc.constantFrom<ImportWant>(
    b,
    { from: 'x', default: 'y', names: ['z'] },
    { from: 'x', names: ['T'], typeOnly: true },
    { from: 'node:fs' },
  );

  it('is proven, stays proven and needs no second run', () => {
    fc.assert(
      fc.property(file, want, (base, wanted) => {
        const eol = base.includes('\r\n') ? '\r\n' : '\n';
        const next = imported(base, wanted, { eol });
        expect(next.replaceAll(eol, '').includes('\n')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
