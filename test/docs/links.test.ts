import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { describe, expect, it } from 'vitest';

import { projectRoot } from '../helpers/project-root.ts';
import { anchorsOf, codeBlocks, linksOf } from './markdown.ts';
import { documents } from './documents.ts';

describe('links', () => {
  it.each(documents())('of %s lead somewhere', (path) => {
    const dead = linksOf(read(path)).filter((link) => !leads(path, link));
    expect(dead).toEqual([]);
  });

  it('are seen: a dead one would be found', () => {
    expect(leads('README.md', 'docs/no-such-page.md')).toBe(false);
    expect(leads('README.md', 'docs/reference.md#no-such-heading')).toBe(false);
    expect(leads('README.md', 'https://')).toBe(false);
    expect(linksOf('[a](x.md) `[b](y.md)`\n```\n[c](z.md)\n```\n[d]: w.md\n')).toEqual(['x.md', 'w.md']);
  });
});

describe('code blocks', () => {
  it.each(documents())('of %s name a test that is there when they are left to one', (path) => {
    const named = codeBlocks(read(path)).flatMap(({ checkedBy }) => checkedBy ?? []);
    expect(named.filter((test) => !existsSync(join(projectRoot, test)))).toEqual([]);
  });
});

describe('documents', () => {
  it('are all reached from the README', () => {
    const reached = new Set<string>();
    const follow = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const link of linksOf(read(path)).filter((one) => !/^[a-z]+:/u.test(one))) {
        const target = resolveFrom(path, link.split('#')[0] ?? '');
        if (target.endsWith('.md') && existsSync(join(projectRoot, target))) follow(target);
        // A link to a folder shows all that is in it.
        else for (const inside of documents().filter((one) => dirname(one) === target)) follow(inside);
      }
    };
    follow('README.md');
    expect(documents().filter((path) => !reached.has(path) && !path.startsWith('.changeset/'))).toEqual([]);
  });
});

function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** The network is not asked: an external link must be a well-formed address, no more. */
function leads(from: string, link: string): boolean {
  if (/^[a-z]+:/u.test(link)) return URL.canParse(link) && new URL(link).protocol === 'https:';
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : resolveFrom(from, file);
  if (!existsSync(join(projectRoot, path))) return false;
  if (anchor === undefined || !path.endsWith('.md')) return isSpelled(path);
  return isSpelled(path) && anchorsOf(read(path)).includes(anchor);
}

function resolveFrom(from: string, link: string): string {
  return relative(projectRoot, join(projectRoot, dirname(from), link));
}

/** Also on a disk that does not tell capitals from small letters. */
function isSpelled(path: string): boolean {
  if (path === '' || path === '.') return true;
  return readdirSync(join(projectRoot, dirname(path))).includes(path.split('/').at(-1) ?? '');
}
