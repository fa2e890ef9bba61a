import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { Style } from '../../../generators/_engine/model/code-facts.ts';
import { restyle } from '../../../generators/_engine/render/restyle.ts';
import { parseSource, syntaxErrors } from '../../../generators/_engine/syntax/tree.ts';

const canonical: Style = {
  quote: "'",
  semicolons: true,
  indent: '  ',
  eol: '\n',
  trailingCommas: true,
  finalNewline: true,
};

describe('quotes', () => {
  const double = (text: string): string => restyle(text, { ...canonical, quote: '"' });

  it('swaps those of literals, types and imports', () => {
    expect(double("import a from 'a';\ntype T = 'x' | 'y';\nconst b = { 'c-d': 'e' };\n")).toBe(
      'import a from "a";\ntype T = "x" | "y";\nconst b = { "c-d": "e" };\n',
    );
  });

  it('keeps them where the others would need escapes', () => {
    expect(double('a(\'say "hi"\');\n')).toBe('a(\'say "hi"\');\n');
    expect(double("a('it\\'s');\n")).toBe('a("it\'s");\n');
    expect(restyle('a("it\'s");\n', canonical)).toBe('a("it\'s");\n');
  });

  it('leaves templates, comments and escapes alone', () => {
    const text = "const a = `'x' ${b}'`; // it's 'so'\n";
    expect(double(text)).toBe(text);
    expect(double("a('\\n\\\\');\n")).toBe('a("\\n\\\\");\n');
  });
});

describe('semicolons', () => {
  const bare = (text: string): string => restyle(text, { ...canonical, semicolons: false });

  it('go from statements, members and type members', () => {
    const text = [
      "import a from 'a';",
      "export type { B } from 'b';",
      'interface C {',
      '  d: string; // kept',
      '  e(): void;',
      '}',
      'export type F = { g: number; h: string };',
      'class I {',
      '  readonly #j = 1;',
      '  k?: string;',
      '  l(): void {',
      '    for (let i = 0; i < 2; i += 1) continue;',
      '    do a(); while (b);',
      '    throw new Error();',
      '  }',
      '}',
      'export default I;',
      '',
    ].join('\n');
    expect(bare(text)).toBe(
      text
        .replaceAll(';\n', '\n')
        .replace('string; //', 'string //')
        .replace('do a() while', 'do a(); while'),
    );
  });

  it.each([['(b)'], ['[b].c()'], ['`b`.c()'], ['/b/.test(c)'], ['+b'], ['-b']])(
    'guard a line that begins with %s',
    (line) => {
      expect(bare(`const a = 1; // c\n// d\n${line};\n`)).toBe(`const a = 1 // c\n// d\n;${line}\n`);
    },
  );

  it('stay where a member would be read on', () => {
    const text = 'class A {\n  b = 1;\n  [c] = 2;\n  static;\n  d = 3;\n}\n';
    expect(bare(text)).toBe('class A {\n  b = 1;\n  [c] = 2\n  static;\n  d = 3\n}\n');
  });

  it('stay between statements on one line and in empty loops', () => {
    expect(bare('if (a) b(); else c();\nfor (;;);\n')).toBe('if (a) b(); else c()\nfor (;;);\n');
  });
});

describe('indentation', () => {
  it('becomes tabs, also in doc comments, never inside templates', () => {
    const text =
      'class A {\n  /**\n   * One.\n   */\n  b() {\n    return `\n    x ${c(\n      d,\n    )}\n  y`;\n  }\n}\n';
    expect(restyle(text, { ...canonical, indent: '\t' })).toBe(
      'class A {\n\t/**\n\t * One.\n\t */\n\tb() {\n\t\treturn `\n    x ${c(\n\t\t\td,\n\t\t)}\n  y`;\n\t}\n}\n',
    );
  });

  it('becomes four spaces; what a block comment indents inside stays', () => {
    const text = '{\n  /* a\n       b */\n  c();\n}\n';
    expect(restyle(text, { ...canonical, indent: '    ' })).toBe('{\n    /* a\n         b */\n    c();\n}\n');
  });
});

describe('the rest', () => {
  it('takes trailing commas off every list but holes', () => {
    const text = "import {\n  a,\n} from 'a';\nf(\n  [1, ,],\n  { b, },\n  <T,>(c: T,) => [d, ...e,],\n);\n";
    expect(restyle(text, { ...canonical, trailingCommas: false })).toBe(
      "import {\n  a\n} from 'a';\nf(\n  [1, ,],\n  { b },\n  <T>(c: T) => [d, ...e]\n);\n",
    );
  });

  it('writes CRLF and no final newline', () => {
    expect(restyle('a();\nb();\n', { ...canonical, eol: '\r\n' })).toBe('a();\r\nb();\r\n');
    expect(restyle('a();\n\n', { ...canonical, finalNewline: false })).toBe('a();');
  });
});

describe('on our own sources', () => {
  const folder = new URL('../../../generators/_engine/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const other: Style = {
    quote: '"',
    semicolons: false,
    indent: '\t',
    eol: '\r\n',
    trailingCommas: false,
    finalNewline: false,
  };

  it.each(files)('%s still says the same', (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    expect(restyle(text, canonical)).toBe(`${text.trimEnd()}\n`);
    const changed = restyle(text, other);
    const source = parseSource(file, changed);
    expect(syntaxErrors(source)).toEqual([]);
    expect(source.statements.map((each) => each.kind)).toEqual(
      parseSource(file, text).statements.map((each) => each.kind),
    );
    expect(restyle(changed.replaceAll('\r\n', '\n'), { ...other, eol: '\n' }).replaceAll('\n', '\r\n')).toBe(
      changed,
    );
  });
});
