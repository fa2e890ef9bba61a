import { describe, expect, it } from 'vitest';

import { manifest, serviceOf } from '../service-of.ts';

describe('findSigns', () => {
  const signsOf = (text: string): readonly number[] =>
    serviceOf({
      'package.json': manifest({ jsonwebtoken: '^9.0.0' }),
      'src/app.ts': "import Fastify from 'fastify';\nconst app = Fastify();\n",
      'src/tokens.ts': text,
    }).jwt.signs.map(({ line }) => line);

  it('finds the library that a class is given', () => {
    const tokens = `import type jwt from 'jsonwebtoken';
export class Tokens {
  constructor(private readonly jwt: typeof jwt, private readonly secret: string) {}
  sign(id: string) { return this.jwt.sign({ sub: id }, this.secret); }
}`;
    expect(signsOf(tokens)).toEqual([4]);
    expect(signsOf(tokens.replace('jsonwebtoken', './keys.js'))).toEqual([]);
  });
});
