import { describe, expect, it } from 'vitest';

import { detectStyle } from '../../../../generators/_engine/facts/style/style.ts';

describe('detectStyle', () => {
  it('has the usual style where nothing tells', () => {
    expect(detectStyle([])).toEqual({
      quote: "'",
      semicolons: true,
      indent: '  ',
      eol: '\n',
      trailingCommas: true,
      finalNewline: true,
    });
  });

  it('reads double quotes, 4 spaces, CRLF, no commas and no final newline', () => {
    const text = [
      'import a from "a";',
      'const b = {',
      '    c: 1,',
      '    d: "x"',
      '};',
      'f([',
      '    1,',
      '    2',
      ']);',
    ].join('\r\n');
    expect(detectStyle([text])).toEqual({
      quote: '"',
      semicolons: true,
      indent: '    ',
      eol: '\r\n',
      trailingCommas: false,
      finalNewline: false,
    });
  });

  it('reads tabs without semicolons; members of an interface are no missing commas', () => {
    const text =
      "interface A {\n\ta: string\n\tb: number\n}\nimport a from 'a'\nconst c = [\n\t1,\n\t2,\n]\nreturn c\n";
    expect(detectStyle([text])).toEqual({
      quote: "'",
      semicolons: false,
      indent: '\t',
      eol: '\n',
      trailingCommas: true,
      finalNewline: true,
    });
  });

  it('is not misled by comments and apostrophes', () => {
    expect(
      detectStyle(["// don't say 'a' or 'b'\nimport x from \"it's\";\nimport y from \"y\";\n"]).quote,
    ).toBe('"');
  });
});
