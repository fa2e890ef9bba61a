import { describe, expect, it } from 'vitest';

import type { DependencyWant } from '../../../generators/_engine/edit/ensure-dependency.ts';
import { ensureDependency } from '../../../generators/_engine/edit/ensure-dependency.ts';
import { edited } from './edited.ts';
import { obstaclesFrom } from '../refused.ts';

const undici: DependencyWant = { name: 'undici', range: '^7.30.0', section: 'dependencies' };

function added(base: string, want: DependencyWant = undici): string {
  return edited(base, 'package.json', (text) => ensureDependency(text, want));
}

describe('ensureDependency', () => {
  it('keeps the order of sorted keys', () => {
    expect(
      added('{\n  "dependencies": {\n    "a": "^1.0.0",\n    "zod": "^4.0.0"\n  },\n  "x": 1\n}\n'),
    ).toBe(
      '{\n  "dependencies": {\n    "a": "^1.0.0",\n    "undici": "^7.30.0",\n    "zod": "^4.0.0"\n  },\n  "x": 1\n}\n',
    );
    expect(added('{\n  "dependencies": {\n    "zod": "^4.0.0"\n  }\n}\n')).toBe(
      '{\n  "dependencies": {\n    "undici": "^7.30.0",\n    "zod": "^4.0.0"\n  }\n}\n',
    );
  });

  it('adds to the end of unsorted keys, in tabs and CRLF, without final newline', () => {
    expect(added('{\r\n\t"dependencies": {\r\n\t\t"zod": "^4.0.0",\r\n\t\t"a": "^1.0.0"\r\n\t}\r\n}')).toBe(
      '{\r\n\t"dependencies": {\r\n\t\t"zod": "^4.0.0",\r\n\t\t"a": "^1.0.0",\r\n\t\t"undici": "^7.30.0"\r\n\t}\r\n}',
    );
  });

  it('touches no sibling, however it is spaced', () => {
    expect(added('{\n"dependencies":{\n  "b" : "^1.0.0",\n  "a" :"^1.0.0"\n  }\n}\n')).toBe(
      '{\n"dependencies":{\n  "b" : "^1.0.0",\n  "a" :"^1.0.0",\n  "undici": "^7.30.0"\n  }\n}\n',
    );
    expect(added('{"dependencies":{"zod" : "^4.0.0"}}')).toBe(
      '{"dependencies":{"undici": "^7.30.0", "zod" : "^4.0.0"}}',
    );
  });

  it.each([
    ['"a": "1.0.0", "b": "workspace:*"', '7.30.0'],
    ['"a": "~1.0.0", "b": "~1.0.0", "c": "^1.0.0"', '~7.30.0'],
    ['"a": "~1.0.0", "b": "1.0.0"', '^7.30.0'],
    ['"a": "workspace:*"', '^7.30.0'],
  ])('writes the version as siblings do: %s', (siblings, version) => {
    const next = JSON.parse(added(`{ "dependencies": { ${siblings} } }`)) as {
      dependencies: Record<string, string>;
    };
    expect(next.dependencies['undici']).toBe(version);
  });

  it('makes the section where it belongs', () => {
    expect(added('{\n  "name": "a",\n  "devDependencies": {}\n}\n')).toBe(
      '{\n  "name": "a",\n  "dependencies": {\n    "undici": "^7.30.0"\n  },\n  "devDependencies": {}\n}\n',
    );
    expect(
      added('{\n    "dependencies": {},\n    "x": 1\n}\n', { ...undici, section: 'devDependencies' }),
    ).toBe(
      '{\n    "dependencies": {},\n    "devDependencies": {\n        "undici": "^7.30.0"\n    },\n    "x": 1\n}\n',
    );
    expect(added('{}')).toContain('"undici": "^7.30.0"');
  });

  it.each(['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'])(
    'sees it in %s',
    (section) => {
      expect(ensureDependency(`{ "${section}": { "undici": "1" } }`, undici)).toEqual([]);
    },
  );

  it.each([
    ['{\n  "a": 1,\n  "b": \n}\n', 4],
    ['{\n  // a\n}\n', 2],
    ['{\n  "dependencies": []\n}\n', 2],
    ['[]', 1],
    ['', 1],
  ])('refuses %j with the line', (base, line) => {
    expect(obstaclesFrom(() => ensureDependency(base, undici))).toMatchObject([
      { code: 'E_MANIFEST', at: { line } },
    ]);
  });
});
