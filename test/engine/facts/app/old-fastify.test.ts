import { describe, expect, it } from 'vitest';

import { findOldFastify } from '../../../../generators/_engine/facts/installed-version.ts';
import { manifest, serviceOf } from '../service-of.ts';

describe('findOldFastify', () => {
  it.each([
    ['^4.10.2', 'E_OLD_DEPENDENCY'],
    ['^4.21.0', undefined],
    ['^5.0.0', undefined],
  ])('refuses %s by its loggers: %s', (fastify, code) => {
    const files = {
      'package.json': manifest({ fastify }),
      'src/app.ts': "import Fastify from 'fastify';\nconst app = Fastify();\n",
    };
    expect(findOldFastify(serviceOf(files))?.code).toBe(code);
  });
});
